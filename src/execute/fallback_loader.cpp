// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/fallback_loader.h"

#include "execute/boot_entries.h"
#include "execute/mounting.h"
#include "model/loss.h"
#include "util/text.h"

#include <fmt/format.h>

namespace mdrescue::execute {
namespace {

using util::fail;
using util::Result;

constexpr const char *directory = "/EFI/BOOT";
constexpr const char *loader = "BOOTX64.EFI"; // FAT knows no case

Result<Mounted> mounted(Context &context, const model::DeviceRef &esp, bool writable) {
    MDR_TRY_ASSIGN(const std::string device, context.device(esp));
    return Mounted::open(context, {device, "vfat"}, "esp", writable);
}

/// Only where the files lie on the partition itself, not on an array.
bool recorded_without(const Context &context, const model::DeviceRef &esp) {
    const model::Disk *recorded = model::find_disk(context.profile.machine, esp.disk);
    const model::BootLoader *known =
        recorded == nullptr ? nullptr : model::find_esp(*recorded, esp.partition);
    return known != nullptr && !model::has_fallback_loader(*known) &&
           model::is_native_esp(context.profile.machine, esp);
}

/// What is there already stays: it is the machine's own.
Result<void> copy(system::System &system, const std::string &from, const std::string &to) {
    MDR_TRY_ASSIGN(const std::string bytes, system.read_file(from));
    if (!system.exists(to))
        return system.replace_file(to, bytes);
    MDR_TRY_ASSIGN(const std::string there, system.read_file(to));
    return there == bytes ? Result<void>{} : fail("another file has its place: " + to);
}

/// The entry's loader, after the programs beside it that it starts: nothing starts that is not
/// whole.
Result<void> fill(system::System &system, const std::string &from, const std::string &place) {
    MDR_TRY(system.make_directory(place));
    const std::string beside = from.substr(0, from.rfind('/') + 1);
    for (const char *name : {"grubx64.efi", "mmx64.efi"})
        if (beside + name != from && system.exists(beside + name))
            MDR_TRY(copy(system, beside + name, fmt::format("{}/{}", place, name)));
    return copy(system, from, fmt::format("{}/{}", place, loader));
}

} // namespace

bool is_there_now(Context &context, const model::DeviceRef &esp, const std::string &file) {
    const auto there = mounted(context, esp, false);
    return there && context.system.exists(path_below(there->path(), file));
}

bool has_new_fallback(Context &context, const model::DeviceRef &esp) {
    return recorded_without(context, esp) &&
           is_there_now(context, esp, fmt::format("{}/{}", directory, loader));
}

bool needs_fallback(const Context &context, const model::DeviceRef &esp) {
    return recorded_without(context, esp) &&
           plan::replacement_of(context.plan, esp.disk) != nullptr;
}

Result<void> put_fallback(Context &context, const plan::MakeBootEntry &step) {
    if (!needs_fallback(context, step.device))
        return fail("no loader has to be put there");
    if (context.profile.machine.architecture != "x86_64")
        return fail(fmt::format("there is no name for a loader on {}",
                                util::printable(context.profile.machine.architecture)));
    // Safety rules 1 and 2: only onto a replacement of this plan, while its start marker is there.
    MDR_TRY(confirm_target(context, step.device.disk));
    MDR_TRY_ASSIGN(Mounted esp, mounted(context, step.device, true));
    system::System &system = context.system;
    const std::string place = esp.path() + directory;
    MDR_TRY(keeping_attributes(system, esp.path() + "/EFI", [&] {
        return keeping_attributes(system, place, [&] {
            return fill(system, path_below(esp.path(), step.entry.file), place);
        });
    }));
    return esp.close();
}

} // namespace mdrescue::execute
