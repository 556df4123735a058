// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/boot_loader.h"
#include "execute/installed_root.h"
#include "execute/mounting.h"
#include "execute/recorded_boot_areas.h"
#include "execute/steps.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>

namespace mdrescue::execute {
namespace {

using Kind = model::BootLoader::Kind;
using util::fail;
using util::Result;

bool is_grub(const plan::InstallBootLoader &step) {
    return step.kind == Kind::grub_mbr_gap || step.kind == Kind::grub_bios_boot;
}

/// The recorded filesystem that /boot is on: its own, else the root.
const model::MountPoint *boot_mount(const model::Profile &profile) {
    const model::MountPoint *own = recorded_mount(profile, "/boot");
    return own != nullptr ? own : recorded_mount(profile, "/");
}

Result<Mounted> open_boot(Context &context, bool writable) {
    const model::MountPoint *mount = boot_mount(context.profile);
    if (mount == nullptr)
        return fail("the record of this machine names no /boot");
    MDR_TRY_ASSIGN(const std::string device, filesystem_device(context, *mount));
    return Mounted::open(context, {device, mount->type, subvolume_option(*mount)}, "boot",
                         writable);
}

/// The directory that is /boot on the machine, below a mount of open_boot().
std::string boot_directory(const Context &context, const Mounted &mounted) {
    const std::string below = boot_mount(context.profile)->target == "/" ? "/boot" : "";
    return mounted.path() == "/" ? below : mounted.path() + below;
}

/// The boot loader was written from the files that are in /boot now. Error: it was not, or they
/// cannot be read (nothing_to_compare then).
Result<void> check_files(Context &context, const BootLoaderOnDisk &found,
                         bool &nothing_to_compare) {
    nothing_to_compare = true;
    MDR_TRY_ASSIGN(const Mounted mounted, open_boot(context, false));
    const std::string files =
        grub_platform_directory(context.system, boot_directory(context, mounted));
    if (files.empty())
        return fail("/boot has no files of GRUB for a BIOS");
    nothing_to_compare = false;
    return check_written_from(context.system, found, files);
}

const plan::RestoreFiles *boot_restore(const plan::Plan &plan) {
    for (const plan::Step &step : plan.steps)
        if (const auto *restore = std::get_if<plan::RestoreFiles>(&step);
            restore != nullptr && restore->target == "/boot")
            return restore;
    return nullptr;
}

/// The recorded areas hold all that runs before /boot is read.
bool is_whole(const Context &context, const plan::InstallBootLoader &step) {
    const model::Disk *recorded = model::find_disk(context.profile.machine, step.disk);
    return recorded != nullptr && (!is_grub(step) || recorded_boot_loader(*recorded));
}

/// The recorded boot loader and the files it loads from /boot are of one time: /boot comes from the
/// same disc, or it survived and its core image is the recorded one.
Result<void> check_record_fits(Context &context, const plan::InstallBootLoader &step) {
    if (!is_grub(step))
        return {};
    MDR_TRY_ASSIGN(const BootLoaderOnDisk recorded,
                   recorded_boot_loader(*model::find_disk(context.profile.machine, step.disk)));
    bool nothing_to_compare = false;
    const auto fits = check_files(context, recorded, nothing_to_compare);
    if (fits || nothing_to_compare || boot_restore(context.plan) != nullptr)
        return {};
    return fail(
        fmt::format("the recorded boot loader is not the one of /boot: {}", fits.error().message),
        "Boot the installed system from the disc and run mdrescue recover there.");
}

Result<std::string> find_program(system::System &system, const InstalledRoot &root) {
    for (const char *name : {"grub-install", "grub2-install"})
        for (const char *directory : {"/usr/sbin/", "/sbin/", "/usr/bin/"})
            if (system.exists(root.file(std::string(directory) + name)))
                return std::string(directory) + name;
    return fail("the installed system has no grub-install");
}

/// grub-install(8). Safety rule 7: the root filesystem is not written to; /boot is this plan's own
/// output, or lies on an array that consent has made writable.
Result<void> run_program(Context &context, const InstalledRoot &root,
                         const std::string &boot_option, const std::string &device) {
    MDR_TRY_ASSIGN(const std::string program, find_program(context.system, root));
    std::vector<std::string> argv{program, "--target=i386-pc"};
    if (!boot_option.empty())
        argv.push_back(boot_option);
    argv.push_back(device);
    const system::Command command{.argv = root.argv(argv), .limit = std::chrono::minutes(10)};
    context.journal.note("command", fmt::format("{}", fmt::join(command.argv, " ")));
    MDR_TRY(system::run_ok(context.system, command));
    return {};
}

Result<void> install_from_disc(Context &context, const std::string &device) {
    MDR_TRY_ASSIGN(const InstalledRoot root, InstalledRoot::open_for_boot_loader(context));
    MDR_TRY(run_program(context, root, "", device));
    return context.system.sync(root.file("/boot"));
}

/// Online /boot may wait for its line in fstab to come back: then it is mounted elsewhere.
Result<void> install_online(Context &context, const std::string &device) {
    MDR_TRY_ASSIGN(const InstalledRoot root, InstalledRoot::open(context, true));
    MDR_TRY_ASSIGN(Mounted mounted, open_boot(context, true));
    const std::string boot = boot_directory(context, mounted);
    MDR_TRY(run_program(context, root, boot == "/boot" ? "" : "--boot-directory=" + boot, device));
    return mounted.close();
}

Result<void> install_by_program(Context &context, const plan::InstallBootLoader &step) {
    // Safety rules 1 and 2: only onto a replacement of this plan.
    MDR_TRY(confirm_target(context, step.disk));
    MDR_TRY_ASSIGN(const std::string device, context.device({step.disk, 0}));
    MDR_TRY(context.places.online ? install_online(context, device)
                                  : install_from_disc(context, device));
    MDR_TRY_ASSIGN(const BootLoaderOnDisk found, read_boot_loader(context.system, device));
    bool nothing_to_compare = false;
    return check_files(context, found, nothing_to_compare);
}

/// What a grub-install that failed has left in /boot goes: the recorded boot loader needs the files
/// of its own time.
Result<void> restore_boot_again(Context &context) {
    const plan::RestoreFiles *restore = boot_restore(context.plan);
    if (restore == nullptr || check(context, *restore).kind == Status::Kind::done)
        return {};
    return apply(context, *restore);
}

} // namespace

Status check(Context &context, const plan::InstallBootLoader &step) {
    const auto device = context.device({step.disk, 0});
    if (!device)
        return Status::blocked(device.error().message);
    std::string reason;
    bool nothing_to_compare = true;
    if (is_grub(step)) {
        const auto found = read_boot_loader(context.system, *device);
        const auto written = found ? check_files(context, *found, nothing_to_compare)
                                   : Result<void>(tl::unexpected(found.error()));
        if (written)
            return Status::done("boot code and core image are those of /boot");
        reason = written.error().message;
    }
    const auto recorded = has_recorded_areas(context, step.disk);
    const bool of_one_time = nothing_to_compare || boot_restore(context.plan) != nullptr;
    if (recorded && *recorded && of_one_time && is_whole(context, step))
        return Status::done("boot code and core image are the recorded ones, byte for byte");
    return Status::not_done(reason);
}

Result<void> apply(Context &context, const plan::InstallBootLoader &step) {
    if (is_grub(step)) {
        const auto installed = install_by_program(context, step);
        if (installed)
            return {};
        context.journal.note(
            "boot_loader_from_record",
            fmt::format("The installed system's own grub-install could not be used: {}. The boot "
                        "loader comes from the record of {}.",
                        installed.error().message, util::printable(step.disk)));
        MDR_TRY(restore_boot_again(context));
    }
    MDR_TRY(check_record_fits(context, step));
    return write_recorded_areas(context, step.disk);
}

} // namespace mdrescue::execute
