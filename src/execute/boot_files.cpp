// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/boot_files.h"

namespace mdrescue::execute {
namespace {

using Outcome = BootFilesCheck::Outcome;
using util::fail;
using util::Result;

const model::MountPoint *boot_mount(const model::Profile &profile) {
    const model::MountPoint *own = recorded_mount(profile, "/boot");
    return own != nullptr ? own : recorded_mount(profile, "/");
}

} // namespace

Result<Mounted> open_boot(Context &context, bool writable) {
    const model::MountPoint *mount = boot_mount(context.profile);
    if (mount == nullptr)
        return fail("the record of this machine names no /boot");
    MDR_TRY_ASSIGN(const std::string device, filesystem_device(context, *mount));
    return Mounted::open(context, {device, mount->type, subvolume_option(*mount)}, "boot",
                         writable);
}

std::string boot_directory(const Context &context, const Mounted &mounted) {
    const std::string below = boot_mount(context.profile)->target == "/" ? "/boot" : "";
    return mounted.path() == "/" ? below : mounted.path() + below;
}

BootFilesCheck compare_with_boot(Context &context, const BootLoaderOnDisk &found) {
    const auto mounted = open_boot(context, false);
    if (!mounted)
        return {Outcome::not_read, mounted.error().message};
    const std::string files =
        grub_platform_directory(context.system, boot_directory(context, *mounted));
    if (files.empty())
        return {Outcome::not_read, "/boot has no files of GRUB for a BIOS"};
    const auto same = check_written_from(context.system, found, files);
    return same ? BootFilesCheck{Outcome::same}
                : BootFilesCheck{Outcome::other, same.error().message};
}

} // namespace mdrescue::execute
