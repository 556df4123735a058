// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/proof.h"

#include "diagnose/findings.h"
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
    return status.kind == Status::Kind::done
               ? Proof{true, title + ": read back, as recorded"}
               : Proof{false,
                       fmt::format("{}: {}", title,
                                   status.reason.empty() ? "not as recorded" : status.reason)};
}

bool boot_loader_proven(const Context &context, const std::string &disk,
                        const std::vector<Proof> &steps) {
    std::size_t proof = 0;
    bool proven = false;
    for (const plan::Step &step : context.plan.steps) {
        if (!stays(step))
            continue;
        const auto *loader = std::get_if<plan::InstallBootLoader>(&step);
        if (loader != nullptr && loader->disk == disk)
            proven = steps[proof].proven;
        ++proof;
    }
    return proven;
}

/// One sentence for each disk. A disk that was not replaced has the boot loader it had; what is
/// seen on it now is what is said.
Proof disk_proof(Context &context, const model::Disk &recorded, const std::vector<Proof> &steps) {
    const std::string name = diagnose::disk_words(recorded);
    const auto now = context.disk(recorded.id);
    if (!now)
        return {false, name + " is not here"};
    model::Disk named = **now;
    named.id = recorded.id;
    const std::string shown = diagnose::disk_words(named);
    if (!model::starts_machine(context.profile.machine, recorded))
        return {true, shown + " does not start this machine: no boot loader is recorded on it"};
    const bool replaced =
        std::any_of(context.plan.replacements.begin(), context.plan.replacements.end(),
                    [&](const plan::Replacement &one) { return one.recorded == recorded.id; });
    const bool starts = replaced ? boot_loader_proven(context, recorded.id, steps)
                                 : model::starts_machine(context.profile.machine, **now);
    return {starts,
            fmt::format("{} starts this machine: {}", shown, starts ? "yes" : "not proven")};
}

} // namespace

bool ProofReport::all() const {
    const auto proven = [](const std::vector<Proof> &proofs) {
        return std::all_of(proofs.begin(), proofs.end(),
                           [](const Proof &proof) { return proof.proven; });
    };
    return proven(arrays) && proven(steps) && proven(disks);
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
        report.disks.push_back(disk_proof(context, disk, report.steps));
    return report;
}

} // namespace mdrescue::execute
