// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/boot_entries.h"
#include "execute/fallback_loader.h"
#include "execute/steps.h"
#include "util/text.h"

#include <fmt/format.h>

namespace mdrescue::execute {
namespace {

using model::BootEntry;
using util::fail;
using util::Result;

constexpr const char *no_entries =
    "this system was started by BIOS firmware, which has no boot entries";

/// What is lost without the entry: whether firmware starts the loader all the same.
std::string without_entry(const Context &context, const plan::MakeBootEntry &step) {
    const model::Disk *recorded = model::find_disk(context.profile.machine, step.device.disk);
    return fallback_words(recorded == nullptr ? nullptr
                                              : model::find_esp(*recorded, step.device.partition));
}

const BootEntry *entry_of(const model::Firmware &firmware, const plan::MakeBootEntry &step) {
    return find_entry(firmware, step.entry.partition_guid, step.entry.file);
}

std::string order_text(const std::vector<unsigned> &order) {
    std::string text;
    for (const unsigned number : order)
        text += fmt::format("{}{:04X}", text.empty() ? "" : ",", number);
    return text;
}

/// As it was recorded; efibootmgr(8) has put the new one first.
Result<void> put_in_order(Context &context, const BootEntry &made, const model::Firmware &now) {
    const auto order = order_with(made, context.profile.machine.firmware, now);
    if (order == now.boot_order)
        return {};
    MDR_TRY(system::run_ok(context.system,
                           {.argv = {"efibootmgr", "--quiet", "--bootorder", order_text(order)}}));
    return {};
}

Result<void> make(Context &context, const plan::MakeBootEntry &step) {
    // Safety rule 1: the entry is made from what is on the disk that the plan means.
    MDR_TRY(confirm_disk(context, step.device.disk));
    const model::Firmware before = present_firmware(context.system);
    if (before.mode != model::Firmware::Mode::uefi)
        return fail(no_entries);
    // An entry must never lead to what is not there: a survivor may have moved to another loader.
    if (model::is_native_esp(context.profile.machine, step.device) &&
        !is_there_now(context, step.device, step.entry.file))
        return fail(plan::firmware_path(step.entry.file) + " is not there");
    const BootEntry *passed_over = entry_of(before, step);
    if (passed_over == nullptr)
        MDR_TRY(system::run_ok(context.system,
                               {.argv = plan::command(step, context.plan, context.machines())}));
    else if (!passed_over->active)
        MDR_TRY(system::run_ok(context.system,
                               {.argv = {"efibootmgr", "--quiet", "--active", "--bootnum",
                                         fmt::format("{:04X}", passed_over->number)}}));
    const model::Firmware now = present_firmware(context.system);
    const BootEntry *made = entry_of(now, step);
    if (made == nullptr)
        return fail("the firmware did not keep it");
    return put_in_order(context, *made, now);
}

} // namespace

Status check(Context &context, const plan::MakeBootEntry &step) {
    const model::Firmware firmware = present_firmware(context.system);
    const BootEntry *found = entry_of(firmware, step);
    if (found != nullptr && is_followed(*found, firmware))
        return Status::done(fmt::format("Boot{:04X} leads to it", found->number));
    if ((found == nullptr || needs_fallback(context, step.device)) &&
        has_new_fallback(context, step.device))
        return Status::done("a loader in \\EFI\\BOOT takes its place");
    if (firmware.mode != model::Firmware::Mode::uefi && !needs_fallback(context, step.device))
        return Status::skipped(fmt::format("{}; {}", no_entries, without_entry(context, step)));
    if (found == nullptr)
        return Status::not_done("the firmware has no entry that leads to it");
    return Status::not_done(
        fmt::format("Boot{:04X} leads to it, but the firmware passes it over", found->number));
}

Result<void> apply(Context &context, const plan::MakeBootEntry &step) {
    auto made = make(context, step);
    if (made)
        return made;
    if (needs_fallback(context, step.device)) {
        context.progress.warn(fmt::format("{}: a loader is put into \\EFI\\BOOT, which firmware "
                                          "starts without an entry",
                                          made.error().message));
        return put_fallback(context, step);
    }
    return fail(fmt::format("{}; {}", made.error().message, without_entry(context, step)));
}

} // namespace mdrescue::execute
