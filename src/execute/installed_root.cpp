// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/installed_root.h"

#include "execute/device_content.h"
#include "execute/md_state.h"
#include "execute/mounting.h"
#include "execute/rebuild.h"
#include "model/loss.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>

namespace mdrescue::execute {
namespace {

using model::MountPoint;
using util::fail;
using util::Result;

/// Filesystems that programs of the installed system need beside the root.
bool is_needed(const std::string &target) {
    return target == "/boot" || util::at_or_below(target, "/usr") ||
           util::at_or_below(target, "/var");
}

std::vector<MountPoint> needed_mounts(const model::Profile &profile) {
    std::vector<MountPoint> needed;
    for (const MountPoint &mount : profile.machine.mounts)
        if (is_needed(mount.target))
            needed.push_back(mount);
    std::sort(needed.begin(), needed.end(),
              [](const auto &one, const auto &other) { return one.target < other.target; });
    return needed;
}

std::string options_of(const MountPoint &mount, bool writable) {
    const std::string quiet = writable ? "" : options_without_replay(mount.type);
    const std::string subvolume = subvolume_option(mount);
    return quiet.empty() || subvolume.empty() ? quiet + subvolume : quiet + "," + subvolume;
}

/// Safety rule 7: what is written on the root filesystem, and on those beside it, comes last, when
/// the arrays under them are all U. sysfs tells, not the last look.
Result<void> check_whole(Context &context, const MountPoint &mount) {
    for (const std::string &uuid : model::locate(context.profile.machine, mount).arrays) {
        MDR_TRY_ASSIGN(const std::string device, confirm_array(context, uuid));
        MDR_TRY_ASSIGN(const RebuildState state,
                       rebuild_state(context.system, kernel_name(device)));
        if (state.missing > 0)
            return fail(fmt::format("{} holds {} and is not whole yet: nothing is written there",
                                    device, util::printable(mount.target)),
                        "Start again when the rebuild is done.");
    }
    return {};
}

Result<void> check_all_whole(Context &context) {
    if (const MountPoint *root = recorded_mount(context.profile, "/"))
        MDR_TRY(check_whole(context, *root));
    for (const MountPoint &mount : needed_mounts(context.profile))
        if (mount.target != "/boot")
            MDR_TRY(check_whole(context, mount));
    return {};
}

} // namespace

Result<InstalledRoot> InstalledRoot::open(Context &context, bool writable) {
    return open(context, writable ? Access::write : Access::read);
}

Result<InstalledRoot> InstalledRoot::open_for_boot_loader(Context &context) {
    return open(context, Access::boot_loader);
}

Result<InstalledRoot> InstalledRoot::open(Context &context, Access access) {
    if (access == Access::write)
        MDR_TRY(check_all_whole(context));
    InstalledRoot root(context.system, context.places.online ? "/" : context.places.root);
    if (!context.places.online)
        MDR_TRY(root.mount_all(context, access));
    return root;
}

bool is_locked(Context &context) {
    const MountPoint *root = recorded_mount(context.profile, "/");
    return root != nullptr && !context.places.online &&
           !model::locate(context.profile.machine, root->uuid).known() &&
           !filesystem_device(context, *root);
}

Status locked_out() {
    return Status::skipped("the root filesystem is locked: once the machine has started, mdrescue "
                           "recover does this there");
}

InstalledRoot::~InstalledRoot() {
    std::for_each(mounted_.rbegin(), mounted_.rend(), [&](const std::string &target) {
        static_cast<void>(
            system_->unmount(target)); // nothing else uses it, and nobody is left to tell
    });
}

std::vector<std::string> InstalledRoot::argv(std::vector<std::string> program) const {
    if (path_ != "/")
        program.insert(program.begin(), {"chroot", path_});
    return program;
}

std::string InstalledRoot::file(const std::string &path) const {
    return path_ == "/" ? path : path_ + path;
}

Result<void> InstalledRoot::mount_all(Context &context, Access access) {
    MDR_TRY(unmount_leftovers(*system_, path_));
    MDR_TRY(system_->make_directory(path_));
    MDR_TRY(mount_root(context, access == Access::write));
    MDR_TRY(mount_recorded(context, access));
    return mount_for_programs(access == Access::write);
}

Result<void> InstalledRoot::mount_root(Context &context, bool writable) {
    const MountPoint *root = recorded_mount(context.profile, "/");
    if (root == nullptr)
        return fail("the record of this machine names no root filesystem");
    MDR_TRY_ASSIGN(const std::string device, filesystem_device(context, *root));
    return mount({device, path_, root->type, !writable, options_of(*root, writable)});
}

Result<void> InstalledRoot::mount_recorded(Context &context, Access access) {
    bool boot = false;
    for (const MountPoint &one : needed_mounts(context.profile)) {
        const bool is_boot = one.target == "/boot";
        const bool writable = access == (is_boot ? Access::boot_loader : Access::write);
        const auto device = filesystem_device(context, one);
        if (!device && is_boot && access != Access::boot_loader)
            continue;
        if (!device)
            return tl::unexpected(device.error());
        MDR_TRY(mount({*device, file(one.target), one.type, !writable, options_of(one, writable)}));
        boot = boot || is_boot;
    }
    if (access == Access::boot_loader && !boot)
        return fail("/boot is part of the root filesystem, which is not written to now");
    return {};
}

Result<void> InstalledRoot::mount_for_programs(bool writable) {
    for (const char *directory :
         {"/dev", "/dev/pts", "/proc", "/sys", "/sys/firmware/efi/efivars", "/run"})
        if (system_->exists(directory))
            MDR_TRY(mount({.source = directory,
                           .target = file(directory),
                           .type = "",
                           .read_only = false,
                           .bind = true}));
    if (!writable)
        return mount({"tmpfs", file("/tmp"), "tmpfs", false, "mode=1777"});
    return {};
}

Result<void> InstalledRoot::mount(const system::Mount &mount) {
    MDR_TRY(system_->mount(mount));
    mounted_.push_back(mount.target);
    return {};
}

} // namespace mdrescue::execute
