// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/loss.h"

#include "util/text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace mdrescue::model {
namespace {

bool contains(const std::vector<std::string> &list, const std::string &value) {
    return std::find(list.begin(), list.end(), value) != list.end();
}

void add(Place &place, const Place &more) {
    place.parts.insert(place.parts.end(), more.parts.begin(), more.parts.end());
    place.arrays.insert(place.arrays.end(), more.arrays.begin(), more.arrays.end());
}

template <class Matches>
bool on_table(const std::optional<PartitionTable> &table, Matches matches) {
    return table &&
           std::any_of(table->partitions.begin(), table->partitions.end(),
                       [&](const Partition &partition) { return matches(partition.content); });
}

/// Wherever content lies that `matches` is true for.
template <class Matches> Place find_places(const Machine &machine, Matches matches) {
    Place places;
    for (const Array &array : machine.arrays)
        if (matches(array.content) || on_table(array.table, matches))
            places.arrays.push_back(array.uuid);
    for (const Disk &disk : machine.disks) {
        if (matches(disk.content))
            places.parts.push_back({disk.id, 0});
        if (disk.table)
            for (const Partition &partition : disk.table->partitions)
                if (matches(partition.content))
                    places.parts.push_back({disk.id, partition.number});
    }
    return places;
}

/// Every such array (btrfs takes several) before the parts of disks that show what lies on it, of
/// those the first: EFI system partitions may be copies of each other.
template <class Matches> Place find_place(const Machine &machine, Matches matches) {
    Place places = find_places(machine, matches);
    if (!places.arrays.empty())
        return {{}, std::move(places.arrays)};
    return places.parts.empty() ? Place{} : Place{{places.parts.front()}, {}};
}

/// The array after its members on the disk are gone.
Array without_disk(Array array, const std::string &disk) {
    for (const ArrayMember &member : array.members)
        if (member.device.disk == disk && member.slot >= 0 &&
            static_cast<std::size_t>(member.slot) < array.slots_up.size())
            array.slots_up[static_cast<std::size_t>(member.slot)] = false;
    std::erase_if(array.members,
                  [&](const ArrayMember &member) { return member.device.disk == disk; });
    return array;
}

bool has_member_on(const Array &array, const std::string &disk) {
    return std::any_of(array.members.begin(), array.members.end(),
                       [&](const ArrayMember &member) { return member.device.disk == disk; });
}

bool is_lost(const Place &place, const Disk &disk, const std::vector<ArrayLoss> &arrays) {
    return place.on_disk(disk.id) ||
           std::any_of(arrays.begin(), arrays.end(), [&](const ArrayLoss &array) {
               return array.redundancy_left < 0 && contains(place.arrays, array.uuid);
           });
}

/// Nothing on the disk but array members: whatever lies at an unknown place does not lie here
/// without an array.
bool only_members(const Disk &disk) {
    const auto harmless = [](const Content &content) {
        return content.kind == Content::Kind::empty || content.kind == Content::Kind::md_member;
    };
    if (!disk.table)
        return harmless(disk.content);
    return std::all_of(disk.table->partitions.begin(), disk.table->partitions.end(),
                       [&](const Partition &partition) { return harmless(partition.content); });
}

std::string upper(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return text;
}

/// \EFI\BOOT\BOOTX64.EFI and its like: what firmware starts without a boot entry (UEFI
/// specification 2.10, 3.5.1.1).
bool is_fallback_loader(const std::string &file) {
    return upper(file).rfind("\\EFI\\BOOT\\BOOT", 0) == 0;
}

bool named_by_entry(const Firmware &firmware, const std::string &partition_guid) {
    return !partition_guid.empty() &&
           std::any_of(firmware.boot_entries.begin(), firmware.boot_entries.end(),
                       [&](const BootEntry &entry) {
                           return entry.active && entry.partition_guid == partition_guid;
                       });
}

bool starts_by_esp(const Machine &machine, const Disk &disk, const BootLoader &loader) {
    const Partition *partition = find_partition(machine, {disk.id, loader.partition});
    return has_fallback_loader(loader) || (!loader.files.empty() && partition != nullptr &&
                                           named_by_entry(machine.firmware, partition->uuid));
}

bool other_disk_starts(const Machine &machine, const Disk &gone) {
    return std::any_of(machine.disks.begin(), machine.disks.end(), [&](const Disk &disk) {
        return disk.id != gone.id && starts_machine(machine, disk);
    });
}

bool is_swap(const MountPoint &mount) { return mount.type == "swap"; }

Start start_after(const Machine &machine, const Disk &disk, const DiskLoss &loss) {
    const bool other = other_disk_starts(machine, disk);
    if (loss.root_gone || loss.boot_gone || (loss.boot_loader_here && !other))
        return Start::no;
    const bool root_known =
        std::any_of(machine.mounts.begin(), machine.mounts.end(), [&](const MountPoint &mount) {
            return mount.target == "/" && locate(machine, mount.uuid).known();
        });
    const bool array_gone =
        std::any_of(loss.arrays.begin(), loss.arrays.end(),
                    [](const ArrayLoss &array) { return array.redundancy_left < 0; });
    if (!other || (!root_known && (array_gone || !only_members(disk))))
        return Start::unknown;
    return std::all_of(loss.gone.begin(), loss.gone.end(), is_swap) ? Start::yes : Start::stops;
}

} // namespace

bool Place::on_disk(const std::string &id) const {
    return std::any_of(parts.begin(), parts.end(),
                       [&](const DeviceRef &part) { return part.disk == id; });
}

bool is_of_system(const std::string &target) {
    constexpr std::array<std::string_view, 4> needed{"/boot", "/usr", "/var", "/etc"};
    return target == "/" || std::any_of(needed.begin(), needed.end(), [&](std::string_view place) {
               return util::at_or_below(target, place);
           });
}

bool is_missed(const Machine &machine, const Disk &disk) {
    if (!disk.removable && disk.transport != "usb")
        return true;
    const std::string fstab = file_text(machine, "/etc/fstab");
    const auto named = [&](const Content &content) {
        return !content.uuid.empty() && fstab.find(content.uuid) != std::string::npos;
    };
    return named(disk.content) || on_table(disk.table, named) ||
           std::any_of(machine.arrays.begin(), machine.arrays.end(),
                       [&](const Array &array) { return has_member_on(array, disk.id); }) ||
           std::any_of(machine.mounts.begin(), machine.mounts.end(), [&](const MountPoint &mount) {
               return is_of_system(mount.target) && locate(machine, mount).on_disk(disk.id);
           });
}

Place locate(const Machine &machine, const VolumeGroup &group) {
    Place place;
    for (const std::string &volume : group.physical_volumes)
        add(place, find_place(machine, [&](const Content &content) {
                return content.kind == Content::Kind::lvm_pv && content.uuid == volume;
            }));
    return place;
}

Place locate(const Machine &machine, const std::string &filesystem_uuid) {
    if (filesystem_uuid.empty())
        return {};
    const auto matches = [&](const Content &content) {
        return content.kind == Content::Kind::filesystem && content.uuid == filesystem_uuid;
    };
    for (const VolumeGroup &group : machine.volume_groups)
        if (std::any_of(group.volumes.begin(), group.volumes.end(),
                        [&](const LogicalVolume &volume) { return matches(volume.content); }))
            return locate(machine, group);
    return find_place(machine, matches);
}

Place locate(const Machine &machine, const MountPoint &mount) {
    Place place = locate(machine, mount.uuid);
    if (place.known() || !mount.source.starts_with("/dev/mapper/"))
        return place;
    // Which of several containers it is cannot be told from outside: all of them.
    return find_places(machine,
                       [](const Content &content) { return content.kind == Content::Kind::luks; });
}

bool has_fallback_loader(const BootLoader &esp) {
    return std::any_of(esp.files.begin(), esp.files.end(), is_fallback_loader);
}

bool starts_machine(const Machine &machine, const Disk &disk) {
    return std::any_of(disk.boot_loaders.begin(), disk.boot_loaders.end(),
                       [&](const BootLoader &loader) {
                           switch (loader.kind) {
                           case BootLoader::Kind::grub_mbr_gap:
                           case BootLoader::Kind::grub_bios_boot:
                               return machine.firmware.mode == Firmware::Mode::bios;
                           case BootLoader::Kind::esp:
                               return machine.firmware.mode == Firmware::Mode::uefi &&
                                      starts_by_esp(machine, disk, loader);
                           case BootLoader::Kind::other_mbr_code: return false;
                           }
                           return false;
                       });
}

DiskLoss loss_of(const Machine &machine, const Disk &disk) {
    DiskLoss loss;
    for (const Array &array : machine.arrays)
        if (has_member_on(array, disk.id)) {
            const Array left = without_disk(array, disk.id);
            loss.arrays.push_back({array.uuid, slot_map(left), redundancy_left(left)});
        }
    for (const MountPoint &mount : machine.mounts) {
        if (!is_lost(locate(machine, mount.uuid), disk, loss.arrays))
            continue;
        loss.gone.push_back(mount);
        loss.root_gone = loss.root_gone || mount.target == "/";
        loss.boot_gone = loss.boot_gone || mount.target == "/boot";
    }
    loss.boot_loader_here = starts_machine(machine, disk);
    loss.last_boot_loader = loss.boot_loader_here && !other_disk_starts(machine, disk);
    loss.start = start_after(machine, disk, loss);
    return loss;
}

} // namespace mdrescue::model
