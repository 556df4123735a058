// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/describe.h"
#include "plan/filesystems.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>

namespace mdrescue::plan {
namespace {

using Argv = std::vector<std::string>;
using Lines = std::vector<std::string>;

/// A label may hold any byte: what a terminal would not show as it is goes through printf.
std::string shell_word(const std::string &argument) {
    std::string without_backslashes = argument;
    std::erase(without_backslashes, '\\');
    if (util::printable(without_backslashes) == without_backslashes)
        return util::shell_quoted(argument);
    std::string octal;
    for (const char c : argument)
        octal += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
    return fmt::format("\"$(printf '{}')\"", octal);
}

std::string shell_line(const Argv &argv) {
    Lines words;
    std::transform(argv.begin(), argv.end(), std::back_inserter(words), shell_word);
    return fmt::format("{}", fmt::join(words, " "));
}

Lines table_by_hand(const WriteTable &step, const Argv &argv) {
    Lines lines{shell_line(argv) + " <<'END'"};
    const std::string script = sfdisk_script(step.table, step.logical_sector);
    for (const std::string_view line : util::split(script, '\n'))
        if (!line.empty())
            lines.emplace_back(line);
    lines.emplace_back("END");
    return lines;
}

Lines filesystem_by_hand(const MakeFilesystem &step, const Argv &argv) {
    // As mke2fs makes it when its configuration file says nothing else.
    model::Filesystem made = step.filesystem;
    for (const auto &[key, value] :
         {std::pair{"max_mount_count", "-1"}, {"check_interval", "0"}, {"hash_version", "1"}})
        if (made.parameters.contains(key))
            made.parameters[key] = value;
    if (made.parameters.contains("default_mount_options"))
        made.parameters["default_mount_options"] = made.parameters["revision"] == "0" ? "0" : "12";
    Lines lines{shell_line(argv)};
    const auto device = std::find_if(argv.begin(), argv.end(), [](const std::string &word) {
        return word.starts_with("/dev/");
    });
    if (const Argv adjust = adjust_command(step.filesystem, made, *device); !adjust.empty())
        lines.push_back(shell_line(adjust));
    return lines;
}

Lines restore_by_hand(const RestoreFiles &step, const std::string &device) {
    Argv copy{"cp", "-a", fmt::format("/medium/{}/.", step.snapshot), "/mnt/"};
    if (step.filesystem == "vfat") // it keeps no owners
        copy = {"cp", "-r", "--preserve=timestamps", copy[2], copy[3]};
    return {"# the medium is mounted on /medium",
            shell_line({"mount", "-t", step.filesystem, device, "/mnt"}), shell_line(copy),
            "umount /mnt"};
}

Lines loader_by_hand(const InstallBootLoader &step, const std::string &device) {
    if (step.kind == model::BootLoader::Kind::grub_mbr_gap ||
        step.kind == model::BootLoader::Kind::grub_bios_boot)
        return {
            "# the installed system is mounted on /mnt/root, with /boot, /dev, /proc, /sys, /run",
            shell_line({"chroot", "/mnt/root", "grub-install", "--target=i386-pc", device})};
    return {fmt::format("# put the boot loader of {} back", device)};
}

Lines unmark_by_hand(const UnmarkDisk &step, const std::string &device) {
    return {shell_line({"dd", "if=/dev/zero", "of=" + device, "bs=4096", "count=1",
                        fmt::format("seek={}", step.offset / 4096), "conv=notrunc,fsync"})};
}

Lines remember_by_hand(const std::string &device) {
    return {fmt::format("# Debian remembers the disk of its boot loader: choose {}", device),
            "chroot /mnt/root dpkg-reconfigure grub-pc"};
}

Lines command_or_comment(const Argv &argv, const char *comment) {
    return {argv.empty() ? std::string(comment) : shell_line(argv)};
}

} // namespace

Lines by_hand(const Step &step, const Plan &plan, const Machines &machines) {
    const std::string disk = disk_of(step);
    const auto path = [&](const model::DeviceRef &recorded) {
        return device(plan, machines, recorded);
    };
    if (!disk.empty() && path({disk, 0}).empty())
        return {fmt::format("# {} is not here", util::printable(disk))};
    const Argv argv = command(step, plan, machines);
    return std::visit(
        Visitor{
            [](const MarkDisk &) {
                return Lines{"# only mdrescue needs the start marker: skip this"};
            },
            [&](const WriteTable &s) { return table_by_hand(s, argv); },
            [&](const WipeSignatures &) {
                return command_or_comment(argv, "# no partition to wipe");
            },
            [&](const MakeWritable &) {
                return command_or_comment(argv, "# the array does not run");
            },
            [&](const AddMember &) { return command_or_comment(argv, "# the array does not run"); },
            [&](const MakeFilesystem &s) {
                return argv.empty() ? Lines{fmt::format("# mdrescue cannot make this {} again",
                                                        util::printable(s.filesystem.type))}
                                    : filesystem_by_hand(s, argv);
            },
            [&](const RestoreFiles &s) { return restore_by_hand(s, path(s.device)); },
            [&](const InstallBootLoader &s) {
                return loader_by_hand(s, path({s.disk, 0}));
            },
            [&](const MakeBootEntry &) {
                return Lines{
                    "# on a system that was started by UEFI, where efibootmgr does not list it",
                    shell_line(argv)};
            },
            [&](const UnmarkDisk &s) {
                return unmark_by_hand(s, path({s.disk, 0}));
            },
            [&](const WaitForRebuild &) {
                return command_or_comment(argv, "# the arrays do not run");
            },
            [&](const RestoreConfiguration &) {
                Lines lines{"# take mdrescue's comments out of /etc/fstab and /etc/crypttab again"};
                if (loses_data(plan))
                    lines.push_back("# and make comments of the lines that mount what was on " +
                                    lost_words(plan, machines));
                return lines;
            },
            [&](const RememberBootDisk &s) {
                return remember_by_hand(path({s.disk, 0}));
            },
            [](const SaveLog &) { return Lines{"# copy the log to /var/log/mdrescue"}; },
        },
        step);
}

} // namespace mdrescue::plan
