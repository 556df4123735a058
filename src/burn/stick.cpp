// SPDX-License-Identifier: GPL-3.0-or-later
#include "burn/stick.h"

#include "etc/crypttab.h"
#include "etc/fstab.h"
#include "execute/context.h"
#include "execute/device_content.h"
#include "execute/named_devices.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>

namespace mdrescue::burn {
namespace {

using execute::NamedDevice;
using model::Content;
using util::fail;
using util::printable;
using util::Result;

/// An image's partition table and boot code count in sectors of this size.
constexpr std::uint32_t sector_size = 512;

std::string labelled(const std::string &type, const std::string &label) {
    return label.empty() ? type : fmt::format("{} \"{}\"", type, label);
}

std::string words(const Content &content) {
    switch (content.kind) {
    case Content::Kind::empty: return "no known content";
    case Content::Kind::filesystem:
        return content.filesystem ? labelled(content.type, content.filesystem->label)
                                  : content.type;
    case Content::Kind::md_member: return "member of the array " + content.uuid;
    case Content::Kind::lvm_pv: return "physical volume of LVM";
    case Content::Kind::luks: return "encrypted (LUKS)";
    case Content::Kind::partitioned: return "partition table " + content.type;
    case Content::Kind::other:
    case Content::Kind::ambiguous: return content.type;
    }
    return content.type;
}

std::string loss(const NamedDevice &place, const model::Disk &disk) {
    std::uint64_t size = disk.size;
    if (place.partition != 0)
        for (const model::Partition &partition : disk.table->partitions)
            if (partition.number == place.partition)
                size = partition.size * disk.logical_sector;
    return printable(fmt::format("{} ({}): {}", place.paths.front(), util::size_text(size),
                                 words(*place.content)));
}

/// The group a physical volume belongs to; "" where its metadata was not found.
std::string group_of(const model::Machine &machine, const std::string &volume) {
    for (const model::VolumeGroup &group : machine.volume_groups)
        if (std::find(group.physical_volumes.begin(), group.physical_volumes.end(), volume) !=
            group.physical_volumes.end())
            return group.name;
    return "";
}

std::string member_doubt(const model::Machine &machine, const NamedDevice &place) {
    switch (place.content->kind) {
    case Content::Kind::md_member:
        return fmt::format("{} is a member of the RAID array {}.", place.paths.front(),
                           place.content->uuid);
    case Content::Kind::lvm_pv: {
        const std::string group = group_of(machine, place.content->uuid);
        return fmt::format("{} holds the volume group {}.", place.paths.front(),
                           group.empty() ? "(name unknown)" : group);
    }
    default: return "";
    }
}

/// A disk whose filesystems this system mounts or opens is the system's, also while it does not.
std::vector<std::string> system_doubts(const model::Machine &machine, const NamedDevice &place) {
    std::vector<std::string> found;
    for (const etc::FstabLine &line :
         etc::parse_fstab(model::file_text(machine, "/etc/fstab")).lines)
        if (line.entry && execute::is_named(place, line.entry->kind, line.entry->source))
            found.push_back(fmt::format("{} belongs to this system: /etc/fstab mounts it on {}.",
                                        place.paths.front(), line.entry->target));
    for (const etc::CrypttabLine &line :
         etc::parse_crypttab(model::file_text(machine, "/etc/crypttab")).lines)
        if (line.entry)
            if (const auto [kind, value] = etc::source_name(line.entry->source);
                execute::is_named(place, kind, value))
                found.push_back(fmt::format("{} belongs to this system: /etc/crypttab opens it as "
                                            "{}.",
                                            place.paths.front(), line.entry->name));
    return found;
}

} // namespace

std::string Stick::identity() const {
    const std::string serial = printable(util::trimmed(disk.serial));
    return serial.empty() ? printable(disk.kernel_name) : serial;
}

Stick judge(const model::Machine &machine, const model::Disk &disk) {
    Stick stick{.path = model::device_path(disk, 0), .disk = disk, .losses = {}, .doubts = {}};
    if (!disk.removable)
        stick.doubts.push_back(printable(
            fmt::format("{} is not removable: it is a disk{}, not a stick.", stick.path,
                        disk.transport.empty() ? "" : fmt::format(" ({})", disk.transport))));
    model::Machine alone;
    alone.disks = {disk};
    for (const NamedDevice &place : execute::named_devices(alone)) {
        if (place.content->kind != Content::Kind::empty)
            stick.losses.push_back(loss(place, disk));
        if (const std::string doubt = member_doubt(machine, place); !doubt.empty())
            stick.doubts.push_back(printable(doubt));
        for (const std::string &doubt : system_doubts(machine, place))
            stick.doubts.push_back(printable(doubt));
    }
    return stick;
}

Result<void> confirm_fits(const model::Disk &disk, std::uint64_t bytes) {
    const std::string path = model::device_path(disk, 0);
    if (disk.read_only)
        return fail(fmt::format("{} is read-only: nothing was written", path),
                    "Look for a write-protect switch on the stick.");
    if (disk.size < bytes)
        return fail(fmt::format("{} is too small: it has {} bytes, the image needs {}; {} are "
                                "missing",
                                path, disk.size, bytes, bytes - disk.size),
                    "Take a larger one.");
    if (disk.logical_sector != sector_size)
        return fail(fmt::format("{} has sectors of {} bytes; the partition table of an image "
                                "is for {}, so it would not start from there",
                                path, disk.logical_sector, sector_size),
                    "Take a stick with sectors of 512 bytes; nearly all have them.");
    return {};
}

Result<model::Disk> disk_named(const model::Machine &machine, const std::string &path) {
    for (const model::Disk &disk : machine.disks) {
        if (model::device_path(disk, 0) == path)
            return disk;
        if (disk.table)
            for (const model::Partition &partition : disk.table->partitions)
                if (model::device_path(disk, partition.number) == path)
                    return fail(fmt::format("{} is a partition; an image takes a whole stick",
                                            printable(path)),
                                fmt::format("Name {}, if all on it may go.",
                                            printable(model::device_path(disk, 0))));
    }
    return fail(fmt::format("{} is neither a disk nor a CD, DVD or BD drive", printable(path)),
                "`lsblk` shows the disks. Loop devices, arrays and volumes are not written to.");
}

Result<void> confirm_free(system::System &system, const std::string &path) {
    auto free = execute::confirm_unused(system, path);
    if (!free)
        return fail(free.error().message + ": nothing was written",
                    "What is in use is never overwritten. If it is the one you mean: umount, "
                    "swapoff, `mdadm --stop` or `vgchange -an` first, then start again.");
    return {};
}

std::string disk_sequence(system::System &system, const std::string &path) {
    return system.read_file(fmt::format("/sys/class/block/{}/diskseq", execute::kernel_name(path)))
        .value_or("");
}

Result<std::unique_ptr<system::ClaimedDevice>> claim(system::System &system, const Stick &stick,
                                                     const std::string &sequence) {
    MDR_TRY(confirm_free(system, stick.path));
    MDR_TRY_ASSIGN(auto device, system.claim(stick.path));
    if (device->size() != stick.disk.size || disk_sequence(system, stick.path) != sequence ||
        !execute::confirm_same(system, stick.disk))
        return fail(fmt::format("{} is another disk now: nothing was written", stick.path),
                    "Leave the stick where it is, and start again.");
    return device;
}

} // namespace mdrescue::burn
