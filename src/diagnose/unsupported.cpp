// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnose/unsupported.h"

#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>

namespace mdrescue::diagnose {
namespace {

/// By the names that libblkid gives signatures, and udev paths of multipath. "" for what is
/// handled.
std::string why(const std::string &type, Fate fate) {
    if (type == "mpath_member")
        return "is one of several paths to a disk (multipath), and which of them to write to is "
               "multipathd's to know";
    if (type == "zfs_member" && fate == Fate::missing)
        return "belongs to a ZFS pool, which has a redundancy of its own: zpool replace puts a "
               "new disk into it";
    if (type.ends_with("_raid_member") && type != "linux_raid_member" &&
        type.find(' ') == std::string::npos) // several signatures
        return fmt::format("belongs to a RAID of the firmware ({}), whose own setup puts a new "
                           "disk into it",
                           util::printable(type));
    return "";
}

std::string sentence(const std::string &device, const model::Content &content, Fate fate) {
    const std::string reason = why(content.type, fate);
    return reason.empty() ? "" : device + " " + reason;
}

} // namespace

std::string unsupported_on(const model::Disk &disk, const std::string &name, Fate fate) {
    std::string found = sentence(name, disk.content, fate);
    if (disk.table)
        for (const model::Partition &partition : disk.table->partitions)
            if (found.empty())
                found = sentence(fmt::format("partition {} of {}", partition.number, name),
                                 partition.content, fate);
    return found;
}

std::vector<std::string> unsupported_in(const model::Machine &machine) {
    std::vector<std::string> found;
    for (const model::Disk &disk : machine.disks)
        if (std::string words =
                unsupported_on(disk, util::printable(disk.kernel_name), Fate::missing);
            !words.empty())
            found.push_back(std::move(words));
    // The record has mounts of block devices alone; a dataset of ZFS is none.
    if (std::none_of(machine.mounts.begin(), machine.mounts.end(),
                     [](const auto &mount) { return mount.target == "/"; }))
        found.emplace_back(
            "the root filesystem is on no block device (ZFS, network): from the disc "
            "nothing can be put back there");
    for (const model::Array &array : machine.arrays)
        if (array.reshaping)
            found.push_back(
                fmt::format("array {} is being reshaped, which is left to its own "
                            "system: wait for its end, and build again",
                            util::printable(array.name.empty() ? array.kernel_name : array.name)));
    return found;
}

} // namespace mdrescue::diagnose
