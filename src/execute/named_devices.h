// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "etc/fstab.h"
#include "model/loss.h"
#include "model/machine.h"

#include <string>
#include <string_view>
#include <vector>

/// The names that fstab, crypttab and links of udev's have for the devices of a machine. Pure.
namespace mdrescue::execute {

inline constexpr std::string_view by_id_directory = "/dev/disk/by-id/";

/// One device by all its names but those in by-id that are made of serial numbers.
struct NamedDevice {
    std::vector<std::string> paths{};
    const model::Content *content = nullptr;
    std::string part_uuid{};
    std::string part_label{};
    std::string volume{};    ///< UUID of the logical volume
    model::Place place{};    ///< of an array, or a volume: all it lies on
    bool name_moves = false; ///< the kernel's name of a disk
    const model::Disk *disk = nullptr;
    unsigned partition = 0;
};

/// Disks, running arrays, their partitions, and the volumes of complete groups. The devices refer
/// to the machine.
[[nodiscard]] std::vector<NamedDevice> named_devices(const model::Machine &machine);

/// UUIDs and their like are told apart by no letter's case (blkid writes some of them in capitals).
[[nodiscard]] bool same_tag(const std::string &one, const std::string &other);

/// Whether the device has that UUID, label, PARTUUID or PARTLABEL; never true for other kinds.
[[nodiscard]] bool carries(const NamedDevice &device, etc::FstabEntry::Source kind,
                           const std::string &value);

/// Whether a line of fstab or crypttab means the device: by tag, by a link of udev's that stands
/// for one, by one of its paths, or by a name in by-id that can be its own.
[[nodiscard]] bool is_named(const NamedDevice &device, etc::FstabEntry::Source kind,
                            const std::string &value);

/// Whether a name in /dev/disk/by-id can be this disk or partition. They are made of bus, model,
/// serial and WWN in many ways; what they have in common is that the serial or the WWN is in them,
/// with blanks as underscores.
[[nodiscard]] bool named_by_id(const NamedDevice &device, std::string_view name);

/// What a path says: /dev/disk/by-uuid/X is the UUID X, and so on; others stay paths.
struct SourceName {
    etc::FstabEntry::Source kind;
    std::string value;
};
[[nodiscard]] SourceName simplified(etc::FstabEntry::Source kind, const std::string &value);

} // namespace mdrescue::execute
