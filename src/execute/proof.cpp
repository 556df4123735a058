// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/proof.h"

#include "diagnose/findings.h"
#include "execute/boot_entries.h"
#include "execute/boot_files.h"
#include "execute/rebuild.h"
#include "execute/steps.h"
#include "model/loss.h"

#include <algorithm>
#include <fmt/format.h>

namespace mdrescue::execute {
namespace {

std::string slots_words(const model::Array &array, const RebuildState &state) {
    return state.missing == 0 ? fmt::format("all {} members up", array.slots)
                              : fmt::format("{} of {} members not up", state.missing, array.slots);
}

/// [UU] is not success: a rebuild that met unreadable sectors ends with it too (FAULTS 14).
Proof array_proof(Context &context, const model::Array &array) {
    const std::string name = diagnose::array_words(array);
    if (plan::is_lost(context.plan, array.uuid))
        return {.proven = true,
                .sentence = name + " is lost, and was left alone: its data comes from a backup",
                .expected = false};
    const auto device = context.array(array.uuid);
    const auto state =
        device ? rebuild_state(context.system, device->substr(std::string("/dev/").size()))
               : util::Result<RebuildState>(tl::unexpected(device.error()));
    if (!state)
        return {false, fmt::format("{}: {}", name, state.error().message)};
    const bool whole = state->missing == 0 && state->phase == RebuildState::Phase::idle;
    const std::string blocks =
        state->bad_blocks.empty()
            ? "no bad blocks"
            : fmt::format("bad blocks on {}", fmt::join(state->bad_blocks, ", "));
    return {whole && state->bad_blocks.empty(),
            fmt::format("{}: {}, {}", name, slots_words(array, *state), blocks)};
}

/// What was put on a replacement stays there, and can be read back at the end.
bool stays(const plan::Step &step) {
    return std::holds_alternative<plan::WriteTable>(step) ||
           std::holds_alternative<plan::MakeFilesystem>(step) ||
           std::holds_alternative<plan::RestoreFiles>(step) ||
           std::holds_alternative<plan::InstallBootLoader>(step);
}

Proof step_proof(Context &context, const plan::Step &step) {
    const Status status = check(context, step);
    const std::string title = plan::title(step, context.plan, context.machines());
    const std::string disk = plan::disk_of(step);
    return status.kind == Status::Kind::done
               ? Proof{true, title + ": read back, as recorded", disk}
               : Proof{false,
                       fmt::format("{}: {}", title,
                                   status.reason.empty() ? "not as recorded" : status.reason),
                       disk};
}

/// Everything that was put on a replacement was read back as recorded: a boot loader starts nothing
/// without the files it loads.
bool all_proven(const std::string &disk, const std::vector<Proof> &steps) {
    return std::all_of(steps.begin(), steps.end(),
                       [&](const Proof &proof) { return proof.disk != disk || proof.proven; });
}

/// What is known of a boot loader, and how: "yes (boot entry "debian")".
struct Verdict {
    bool starts = false;
    std::string words = "not proven";
};

/// The array an EFI system partition is a member of; nullptr for one that is none.
const model::Array *array_with(const model::Machine &machine, const model::DeviceRef &device) {
    for (const model::Array &array : machine.arrays)
        for (const model::ArrayMember &member : array.members)
            if (member.device == device)
                return &array;
    return nullptr;
}

/// The files are there: put back and read back, mirrored by an array that is whole, or looked for.
Verdict uefi_verdict(Context &context, const model::Disk &recorded, const model::BootLoader &esp,
                     bool replaced, const ProofReport &report) {
    const model::Array *array = array_with(context.profile.machine, {recorded.id, esp.partition});
    if (array != nullptr &&
        (plan::is_lost(context.plan, array->uuid) || !array_proof(context, *array).proven))
        return {};
    if (replaced && !all_proven(recorded.id, report.steps))
        return {};
    const UefiStart start = uefi_start(context, recorded, esp, array == nullptr && !replaced);
    return start.by ? Verdict{true, fmt::format("yes ({})", *start.by)}
                    : Verdict{false, "not proven: " + start.why_not};
}

/// Everything put on the disk was read back, and its boot loader goes with the files of /boot.
Verdict replaced_bios_verdict(Context &context, const model::Disk &now,
                              const std::vector<Proof> &steps, const std::string &recorded) {
    const auto found = read_boot_loader(context.system, model::device_path(now, 0));
    if (!all_proven(recorded, steps) || !found)
        return {};
    const BootFilesCheck compared = compare_with_boot(context, *found);
    if (compared.outcome == BootFilesCheck::Outcome::not_read)
        return {false, fmt::format("not proven: its boot loader could not be compared with /boot, "
                                   "{}",
                                   compared.reason)};
    return {true, "yes"};
}

/// A disk that was not replaced has the boot loader it had; what is seen on it now is what is said.
Verdict bios_verdict(Context &context, const model::Disk &recorded, const model::Disk &now,
                     bool replaced, const ProofReport &report) {
    if (replaced)
        return replaced_bios_verdict(context, now, report.steps, recorded.id);
    return model::starts_machine(context.profile.machine, now) ? Verdict{true, "yes"} : Verdict{};
}

/// By the best of the disk's boot loaders for the recorded firmware.
Verdict start_verdict(Context &context, const model::Disk &recorded, const model::Disk &now,
                      const ProofReport &report) {
    const bool uefi = context.profile.machine.firmware.mode == model::Firmware::Mode::uefi;
    const bool replaced = plan::replacement_of(context.plan, recorded.id) != nullptr;
    Verdict best;
    for (const model::BootLoader &loader : recorded.boot_loaders) {
        const bool esp = loader.kind == model::BootLoader::Kind::esp;
        if (esp != uefi || best.starts || (esp && loader.files.empty()))
            continue;
        best = uefi ? uefi_verdict(context, recorded, loader, replaced, report)
                    : bios_verdict(context, recorded, now, replaced, report);
    }
    return best;
}

/// One sentence for each disk.
Proof disk_proof(Context &context, const model::Disk &recorded, const ProofReport &report) {
    const std::string name = diagnose::disk_words(recorded);
    const auto now = context.disk(recorded.id);
    if (!now)
        return {false, name + " is not here"};
    model::Disk named = **now;
    named.id = recorded.id;
    const std::string shown = diagnose::disk_words(named);
    if (!model::starts_machine(context.profile.machine, recorded))
        return {.proven = true,
                .sentence =
                    shown + " does not start this machine: no boot loader is recorded on it",
                .expected = false};
    const Verdict verdict = start_verdict(context, recorded, **now, report);
    return {verdict.starts, fmt::format("{} starts this machine: {}", shown, verdict.words)};
}

} // namespace

bool ProofReport::all() const {
    const auto proven = [](const std::vector<Proof> &proofs) {
        return std::all_of(proofs.begin(), proofs.end(),
                           [](const Proof &proof) { return proof.proven; });
    };
    return proven(arrays) && proven(steps) && proven(disks);
}

std::vector<Proof> prove_disk(Context &context, const std::string &recorded) {
    std::vector<Proof> proofs;
    for (const plan::Step &step : context.plan.steps)
        if (stays(step) && plan::disk_of(step) == recorded)
            proofs.push_back(step_proof(context, step));
    return proofs;
}

ProofReport prove(Context &context) {
    ProofReport report;
    if (const auto looked = look_again(context); !looked)
        report.disks.push_back({false, looked.error().message});
    for (const model::Array &array : context.profile.machine.arrays)
        report.arrays.push_back(array_proof(context, array));
    for (const plan::Step &step : context.plan.steps)
        if (stays(step))
            report.steps.push_back(step_proof(context, step));
    for (const model::Disk &disk : context.profile.machine.disks)
        report.disks.push_back(disk_proof(context, disk, report));
    return report;
}

} // namespace mdrescue::execute
