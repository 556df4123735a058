// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/machine.h"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>

namespace mdrescue::model {
namespace {

template <class List, class Predicate> auto find_in(const List &list, Predicate matches) {
    const auto found = std::find_if(list.begin(), list.end(), matches);
    return found == list.end() ? nullptr : &*found;
}

bool rebuilding(const ArrayMember &member) { return member.recovery_offset.has_value(); }

/// The active member whose superblock was written last; its view of the other slots is the one that
/// counts.
const ArrayMember *newest_member(const Array &array) {
    const ArrayMember *newest = nullptr;
    for (const ArrayMember &member : array.members)
        if (member.slot >= 0 && (newest == nullptr || member.events > newest->events))
            newest = &member;
    return newest;
}

/// Would md take this member as in sync? An event count of one less than the newest is still good,
/// since the last superblock update may have been cut between disks; but not where the newest
/// member has written it off (drivers/md/md.c, super_90_validate and super_1_validate; mdadm,
/// Assemble.c).
bool up_by_superblock(const ArrayMember &member, const ArrayMember &newest) {
    if (member.slot < 0 || rebuilding(member) || member.events + 1 < newest.events)
        return false;
    const auto slot = static_cast<std::size_t>(member.slot);
    return slot >= newest.array_state.size() || newest.array_state[slot] != '.';
}

bool running(const Array &array) {
    return !array.kernel_name.empty() && !array.slots_up.empty() &&
           array.slots_up.size() == array.slots;
}

std::vector<bool> up_slots(const Array &array) {
    if (running(array))
        return array.slots_up;
    std::vector<bool> up(array.slots, false);
    if (const ArrayMember *newest = newest_member(array))
        for (const ArrayMember &member : array.members)
            if (up_by_superblock(member, *newest) &&
                static_cast<unsigned>(member.slot) < array.slots)
                up[static_cast<std::size_t>(member.slot)] = true;
    return up;
}

/// RAID-10's placement of copies, after drivers/md/raid10.c (setup_geo, __raid10_find_phys).
struct Raid10Layout {
    unsigned slots, near_copies, far_copies, far_set_size;
};

Raid10Layout raid10_layout(const Array &array) {
    // The kernel refuses more copies than slots; so does this, or a spoilt superblock would cost
    // minutes.
    const unsigned slots = std::max(array.slots, 1U);
    const unsigned near = std::clamp(array.layout & 0xffU, 1U, slots);
    const unsigned far = std::clamp((array.layout >> 8U) & 0xffU, 1U, slots / near);
    const unsigned set_kind = array.layout >> 17U;
    unsigned far_set_size = slots;
    if (set_kind == 1)
        far_set_size = slots / far;
    else if (set_kind == 2)
        far_set_size = far * near;
    return {slots, near, far, far_set_size};
}

/// The slot of the next far copy of what is on `slot`.
unsigned next_far_slot(const Raid10Layout &layout, unsigned slot) {
    const unsigned rest = layout.slots % layout.far_set_size;
    const unsigned last_set_start = (layout.slots / layout.far_set_size - 1) * layout.far_set_size;
    const unsigned set_start = slot / layout.far_set_size * layout.far_set_size;
    slot += layout.near_copies;
    if (rest != 0 && slot > last_set_start)
        return (slot - last_set_start) % (layout.far_set_size + rest) + last_set_start;
    return slot % layout.far_set_size + set_start;
}

/// How many of the slots that hold copies of one chunk are up. The pattern repeats after as many
/// chunks as slots.
int copies_up(const Raid10Layout &layout, unsigned chunk, const std::vector<bool> &up) {
    std::vector<bool> counted(layout.slots, false);
    int copies = 0;
    for (unsigned near = 0; near < layout.near_copies; ++near) {
        unsigned slot = (chunk * layout.near_copies + near) % layout.slots;
        for (unsigned far = 0; far < layout.far_copies; ++far) {
            copies += up[slot] && !counted[slot] ? 1 : 0;
            counted[slot] = true;
            slot = next_far_slot(layout, slot);
        }
    }
    return copies;
}

/// The chunk with the fewest copies left decides.
int raid10_redundancy(const Array &array, const std::vector<bool> &up) {
    const Raid10Layout layout = raid10_layout(array);
    int fewest = static_cast<int>(array.slots);
    for (unsigned chunk = 0; chunk < array.slots; ++chunk)
        fewest = std::min(fewest, copies_up(layout, chunk, up));
    return fewest - 1;
}

/// Members an array of this level can lose while it is whole; RAID-10 is counted by its layout
/// instead.
int members_to_spare(const Array &array) {
    switch (array.level) {
    case 1: return static_cast<int>(array.slots) - 1;
    case 4:
    case 5: return 1;
    case 6: return 2;
    default: return 0;
    }
}

} // namespace

const Disk *find_disk(const Machine &machine, const std::string &id) {
    return find_in(machine.disks, [&](const Disk &disk) { return disk.id == id; });
}

const Array *find_array(const Machine &machine, const std::string &uuid) {
    return find_in(machine.arrays, [&](const Array &array) { return array.uuid == uuid; });
}

const Partition *find_partition(const Machine &machine, const DeviceRef &device) {
    const Disk *disk = find_disk(machine, device.disk);
    if (disk == nullptr || !disk->table)
        return nullptr;
    return find_in(disk->table->partitions, [&](const Partition &partition) {
        return partition.number == device.partition;
    });
}

const Content *find_content(const Machine &machine, const DeviceRef &device) {
    if (device.partition == 0) {
        const Disk *disk = find_disk(machine, device.disk);
        return disk == nullptr ? nullptr : &disk->content;
    }
    const Partition *partition = find_partition(machine, device);
    return partition == nullptr ? nullptr : &partition->content;
}

const VerbatimFile *find_file(const Machine &machine, const std::string &path) {
    return find_in(machine.files, [&](const VerbatimFile &file) { return file.path == path; });
}

std::vector<std::string> mount_targets(const Machine &machine, const std::string &uuid) {
    std::vector<std::string> targets;
    for (const MountPoint &mount : machine.mounts)
        if (!uuid.empty() && mount.uuid == uuid)
            targets.push_back(mount.target);
    return targets;
}

bool is_esp(const PartitionTable &table, const Partition &partition) {
    return partition.type == (table.label == "gpt" ? "C12A7328-F81F-11D2-BA4B-00A0C93EC93B" : "ef");
}

bool is_native_esp(const PartitionTable &table, const Partition &partition) {
    return is_esp(table, partition) && partition.content.kind == Content::Kind::filesystem;
}

bool is_native_esp(const Machine &machine, const DeviceRef &device) {
    const Disk *disk = find_disk(machine, device.disk);
    const Partition *partition = find_partition(machine, device);
    return disk != nullptr && disk->table && partition != nullptr &&
           is_native_esp(*disk->table, *partition);
}

const BootLoader *find_esp(const Disk &disk, unsigned partition) {
    for (const BootLoader &loader : disk.boot_loaders)
        if (loader.kind == BootLoader::Kind::esp && loader.partition == partition)
            return &loader;
    return nullptr;
}

std::string file_text(const Machine &machine, const std::string &path) {
    const VerbatimFile *file = find_file(machine, path);
    return file == nullptr ? "" : file->text;
}

std::string esp_snapshot_path(const DeviceRef &esp) {
    return "mdrescue/esp/" + esp.disk + "-" + std::to_string(esp.partition);
}

std::string device_path(const Disk &disk, unsigned partition) {
    if (partition == 0)
        return "/dev/" + disk.kernel_name;
    // The kernel puts a "p" between a disk name that ends in a digit and the partition number
    // (block/partitions/core.c).
    const bool ends_in_digit =
        !disk.kernel_name.empty() &&
        std::isdigit(static_cast<unsigned char>(disk.kernel_name.back())) != 0;
    return fmt::format("/dev/{}{}{}", disk.kernel_name, ends_in_digit ? "p" : "", partition);
}

std::string slot_map(const Array &array) {
    std::string map = "[";
    for (const bool up : up_slots(array))
        map += up ? 'U' : '_';
    return map + "]";
}

bool degraded(const Array &array) {
    const auto up = up_slots(array);
    return std::find(up.begin(), up.end(), false) != up.end();
}

int redundancy_left(const Array &array) {
    const auto up = up_slots(array);
    if (array.level == 10)
        return raid10_redundancy(array, up);
    const auto missing = static_cast<int>(std::count(up.begin(), up.end(), false));
    return std::max(members_to_spare(array) - missing, -1);
}

std::string role_name(int slot) {
    return slot >= 0              ? fmt::format("slot {}", slot)
           : slot == spare_slot   ? "spare"
           : slot == journal_slot ? "journal"
                                  : "faulty";
}

std::string level_name(int level) { return level == -1 ? "linear" : fmt::format("RAID-{}", level); }

} // namespace mdrescue::model
