// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/fallback_loader.h"

#include "execute/mounting.h"
#include "model/loss.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>

namespace mdrescue::execute {
namespace {

using util::fail;
using util::Result;

constexpr const char *directory = "/EFI/BOOT";
constexpr const char *loader = "/EFI/BOOT/BOOTX64.EFI"; // FAT knows no case

Result<Mounted> mounted(Context &context, const model::DeviceRef &esp, bool writable) {
    MDR_TRY_ASSIGN(const std::string device, context.device(esp));
    return Mounted::open(context, {device, "vfat"}, "esp", writable);
}

/// \EFI\debian\shimx64.efi: "/EFI/debian/shimx64.efi"
std::string path_of(std::string file) {
    std::replace(file.begin(), file.end(), '\\', '/');
    return file;
}

/// Only where the files lie on the partition itself, not on an array.
bool recorded_without(const Context &context, const model::DeviceRef &esp) {
    const model::Disk *recorded = model::find_disk(context.profile.machine, esp.disk);
    const model::BootLoader *known =
        recorded == nullptr ? nullptr : model::find_esp(*recorded, esp.partition);
    return known != nullptr && !model::has_fallback_loader(*known) &&
           model::is_native_esp(context.profile.machine, esp);
}

Result<void> copy(system::System &system, const std::string &from, const std::string &to) {
    MDR_TRY_ASSIGN(const std::string bytes, system.read_file(from));
    return system.replace_file(to, bytes);
}

} // namespace

bool is_there_now(Context &context, const model::DeviceRef &esp, const std::string &file) {
    const auto there = mounted(context, esp, false);
    return there && context.system.exists(there->path() + path_of(file));
}

bool has_new_fallback(Context &context, const model::DeviceRef &esp) {
    return recorded_without(context, esp) && is_there_now(context, esp, loader);
}

bool needs_fallback(const Context &context, const model::DeviceRef &esp) {
    const auto &replaced = context.plan.replacements;
    return recorded_without(context, esp) &&
           std::any_of(replaced.begin(), replaced.end(),
                       [&](const auto &one) { return one.recorded == esp.disk; });
}

Result<void> put_fallback(Context &context, const plan::MakeBootEntry &step) {
    if (!needs_fallback(context, step.device))
        return fail("no loader has to be put there");
    if (context.profile.machine.architecture != "x86_64")
        return fail(fmt::format("there is no name for a loader on {}",
                                util::printable(context.profile.machine.architecture)));
    // Safety rules 1 and 2: only onto a replacement of this plan. Its start marker is gone by now,
    // or not yet.
    MDR_TRY(confirm_replacement(context, step.device.disk));
    MDR_TRY_ASSIGN(Mounted esp, mounted(context, step.device, true));
    const std::string from = esp.path() + path_of(step.entry.file);
    const std::string beside = from.substr(0, from.rfind('/') + 1);
    system::System &system = context.system;
    const std::string parent = esp.path() + "/EFI";
    MDR_TRY_ASSIGN(const auto before, system.look(parent));
    MDR_TRY(system.make_directory(esp.path() + directory));
    for (const char *name : {"grubx64.efi", "mmx64.efi"})
        if (beside + name != from && system.exists(beside + name))
            MDR_TRY(
                copy(system, beside + name, fmt::format("{}{}/{}", esp.path(), directory, name)));
    MDR_TRY(copy(system, from, esp.path() + loader)); // last: nothing starts that is not whole
    if (before) // its time is part of what is proven at the end
        MDR_TRY(system.set_attributes(parent, before->attributes, false));
    return esp.close();
}

} // namespace mdrescue::execute
