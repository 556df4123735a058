// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/describe.h"
#include "plan/filesystems.h"

#include <fmt/format.h>

namespace mdrescue::plan {
namespace {

using Argv = std::vector<std::string>;

/// The argv with its last word, a device; empty where that device is not here.
Argv on_device(Argv argv, const std::string &device) {
    if (device.empty())
        return {};
    argv.push_back(device);
    return argv;
}

Argv wipe_command(const WipeSignatures &step, const Plan &plan, const Machines &machines) {
    Argv argv{"wipefs", "--all"};
    for (const unsigned partition : step.partitions) {
        const std::string path = device(plan, machines, {step.disk, partition});
        if (path.empty())
            return {};
        argv.push_back(path);
    }
    return step.partitions.empty() ? Argv{} : argv;
}

/// efibootmgr(8) puts the new entry first in the boot order.
Argv entry_command(const MakeBootEntry &step, const std::string &disk) {
    if (disk.empty())
        return {};
    return {"efibootmgr",
            "--quiet",
            "--create",
            "--disk",
            disk,
            "--part",
            fmt::to_string(step.device.partition),
            "--label",
            step.entry.label,
            "--loader",
            step.entry.file};
}

Argv wait_command(const WaitForRebuild &step, const Machines &machines) {
    Argv argv{"mdadm", "--wait"};
    for (const std::string &array : step.arrays)
        if (const std::string path = array_device(machines.observed, array); !path.empty())
            argv.push_back(path);
    return argv.size() == 2 ? Argv{} : argv;
}

} // namespace

Argv command(const Step &step, const Plan &plan, const Machines &machines) {
    return std::visit(
        Visitor{
            [](const MarkDisk &) { return Argv{}; },
            // --wipe: else old signatures survive on the disk and inside the new partitions.
            [&](const WriteTable &s) {
                return on_device({"sfdisk", "--wipe", "always", "--wipe-partitions", "always"},
                                 device(plan, machines, {s.disk, 0}));
            },
            [&](const WipeSignatures &s) { return wipe_command(s, plan, machines); },
            [&](const MakeWritable &s) {
                return on_device({"mdadm", "--readwrite"},
                                 array_device(machines.observed, s.array));
            },
            [&](const AddMember &s) {
                const std::string array = array_device(machines.observed, s.array);
                const bool journal = s.role == AddMember::Role::journal;
                return array.empty() ? Argv{}
                                     : on_device({"mdadm", "--manage", array,
                                                  journal ? "--add-journal" : "--add"},
                                                 device(plan, machines, s.device));
            },
            [&](const MakeFilesystem &s) {
                const std::string path = device(plan, machines, s.device);
                return path.empty() ? Argv{} : make_command(s.filesystem, path);
            },
            [](const RestoreFiles &) { return Argv{}; },
            [](const InstallBootLoader &) { return Argv{}; },
            [&](const MakeBootEntry &s) {
                return entry_command(s, device(plan, machines, {s.device.disk, 0}));
            },
            [](const UnmarkDisk &) { return Argv{}; },
            [&](const WaitForRebuild &s) { return wait_command(s, machines); },
            [](const RestoreConfiguration &) { return Argv{}; },
            [](const RememberBootDisk &) { return Argv{}; },
            [](const SaveLog &) { return Argv{}; },
        },
        step);
}

} // namespace mdrescue::plan
