// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/machine.h"

namespace mdrescue::example {

inline model::Content content(model::Content::Kind kind, const std::string &type,
                              const std::string &uuid) {
    model::Content result;
    result.kind = kind;
    result.type = type;
    result.uuid = uuid;
    return result;
}

inline const std::string md0 = "00000000:00000000:00000000:00000000";
inline const std::string md1 = "11111111:11111111:11111111:11111111";

inline model::Array array(const std::string &uuid, const std::string &kernel_name, unsigned slots,
                          std::uint64_t size) {
    model::Array result;
    result.uuid = uuid;
    result.kernel_name = kernel_name;
    result.metadata = "1.2";
    result.level = 5;
    result.slots = slots;
    result.size = size;
    result.running_state = "clean";
    result.slots_up.assign(slots, true);
    return result;
}

inline void add_member(model::Array &array, const std::string &disk, unsigned partition, int slot) {
    model::ArrayMember member;
    member.device = {disk, partition};
    member.device_uuid = disk + std::to_string(partition);
    member.slot = slot;
    member.events = 42;
    member.array_state = std::string(array.slots, 'A');
    member.clean = true;
    array.members.push_back(member);
}

/// The article's machine: six disks, sda1 /boot, md0 on the first partitions of the others, md1 on
/// all second partitions.
inline model::Machine machine() {
    model::Machine result;
    result.host_name = "victim";
    result.product = "QEMU Standard PC";
    result.arrays = {array(md0, "md0", 5, 1000000000), array(md1, "md1", 6, 3500000000)};
    using Kind = model::Content::Kind;
    for (unsigned i = 0; i < 6; ++i) {
        model::Disk disk;
        disk.id = "disk" + std::to_string(i + 1);
        disk.kernel_name = std::string("sd") + static_cast<char>('a' + i);
        disk.size = 1073741824;
        disk.serial = "LJ0000" + std::to_string(i + 1);
        disk.position = "pci-0000:00:05.0-scsi-0:0:" + std::to_string(i) + ":0";
        disk.content.kind = Kind::partitioned;
        model::Partition first;
        first.number = 1;
        first.content = i == 0 ? content(Kind::filesystem, "ext4", "boot-uuid")
                               : content(Kind::md_member, "linux_raid_member", md0);
        model::Partition second;
        second.number = 2;
        second.content = content(Kind::md_member, "linux_raid_member", md1);
        disk.table.emplace();
        disk.table->partitions = {first, second};
        if (i == 0)
            disk.boot_loaders.emplace_back();
        else
            add_member(result.arrays[0], disk.id, 1, static_cast<int>(i) - 1);
        add_member(result.arrays[1], disk.id, 2, static_cast<int>(i));
        result.disks.push_back(disk);
    }
    model::MountPoint boot;
    boot.target = "/boot";
    boot.uuid = "boot-uuid";
    result.mounts = {boot};
    return result;
}

inline model::Profile profile() {
    model::Profile result;
    result.made_at = 1714566840; // 2024-05-01 12:34 UTC
    result.image_id = "image-1";
    result.machine = machine();
    return result;
}

/// The same machine seen from the disc before anything is started: no array runs.
inline model::Machine stopped(model::Machine machine) {
    for (model::Array &array : machine.arrays) {
        array.kernel_name.clear();
        array.running_state.clear();
        array.slots_up.clear();
        array.size = 0;
    }
    return machine;
}

/// Without the disk that had this id.
inline model::Machine without(model::Machine machine, const std::string &id) {
    std::erase_if(machine.disks, [&](const model::Disk &disk) { return disk.id == id; });
    for (model::Array &array : machine.arrays)
        std::erase_if(array.members,
                      [&](const model::ArrayMember &member) { return member.device.disk == id; });
    return machine;
}

/// As after `mdadm --assemble --readonly`.
inline model::Machine running(model::Machine machine) {
    for (std::size_t i = 0; i < machine.arrays.size(); ++i) {
        model::Array &array = machine.arrays[i];
        array.kernel_name = "md" + std::to_string(i);
        array.running_state = "readonly";
        array.slots_up.assign(array.slots, false);
        for (const model::ArrayMember &member : array.members)
            array.slots_up[static_cast<std::size_t>(member.slot)] = true;
    }
    return machine;
}

} // namespace mdrescue::example
