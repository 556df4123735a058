// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/boot_files.h"
#include "execute/installed_root.h"
#include "execute/recorded_boot_areas.h"
#include "execute/steps.h"
#include "model/family.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>

namespace mdrescue::execute {
namespace {

using Outcome = BootFilesCheck::Outcome;
using Kind = model::BootLoader::Kind;
using util::fail;
using util::Result;

bool is_grub(const plan::InstallBootLoader &step) {
    return step.kind == Kind::grub_mbr_gap || step.kind == Kind::grub_bios_boot;
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
    const BootFilesCheck compared = compare_with_boot(context, recorded);
    if (compared.outcome != Outcome::other || boot_restore(context.plan) != nullptr)
        return {};
    return fail(
        fmt::format("the recorded boot loader is not the one of /boot: {}", compared.reason),
        "Boot the installed system from the disc and run mdrescue recover there.");
}

Result<std::string> find_program(system::System &system, const InstalledRoot &root) {
    for (const model::Family &family : model::families)
        for (const char *directory : {"/usr/sbin/", "/sbin/", "/usr/bin/"})
            if (const std::string program =
                    fmt::format("{}{}install", directory, family.grub_program);
                system.exists(root.file(program)))
                return program;
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
    MDR_TRY_ASSIGN(const InstalledRoot root, InstalledRoot::open_for_boot_loader(context));
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
    const BootFilesCheck compared = compare_with_boot(context, found);
    return compared.outcome == Outcome::same ? Result<void>() : fail(compared.reason);
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
    BootFilesCheck compared;
    if (is_grub(step)) {
        const auto found = read_boot_loader(context.system, *device);
        compared = found ? compare_with_boot(context, *found)
                         : BootFilesCheck{Outcome::not_read, found.error().message};
        if (compared.outcome == Outcome::same)
            return Status::done("boot code and core image are those of /boot");
    }
    const auto recorded = has_recorded_areas(context, step.disk);
    const bool of_one_time =
        compared.outcome != Outcome::other || boot_restore(context.plan) != nullptr;
    if (recorded && *recorded && of_one_time && is_whole(context, step))
        return Status::done("boot code and core image are the recorded ones, byte for byte");
    return Status::not_done(compared.reason);
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
