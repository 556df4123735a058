// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/machine.h"

#include <optional>
#include <string>
#include <vector>

/// What differs between the machine as recorded and as it is now. Pure functions.
namespace mdrescue::diagnose {

enum class MachineMatch {
    same,    ///< at least one live member of a recorded array is here
    other,   ///< arrays are here, none of them recorded
    unknown, ///< no array found
};

/// What became of one recorded disk.
struct DiskMatch {
    std::string recorded;                ///< Disk::id in the profile
    std::optional<std::string> observed; ///< Disk::id in the observed machine; none: missing
    std::string reason; ///< by what it was recognised: "member of md1 in slot 2", "partition
                        ///< table", "serial", …; printable
    /// Recognised by what it carries, but its serial or WWN is known and is not the recorded one: a
    /// copy, or the disk behind another adapter.
    bool other_hardware = false;
};

struct ArrayMatch {
    std::string uuid;
    bool found = false;
    std::string slots; ///< "[UU_UU]" as observed
    bool degraded = false;
    int redundancy_left = 0; ///< see model::redundancy_left
};

/// Several disks carry the identity of one recorded disk equally well (a clone, FAULTS 19).
struct Duplicate {
    std::string recorded; ///< Disk::id in the profile
    std::vector<std::string>
        observed; ///< Disk::ids in the observed machine, the one it was matched with first
};

struct Comparison {
    MachineMatch match = MachineMatch::unknown;
    std::vector<DiskMatch> disks; ///< in the profile's order
    std::vector<std::string>
        new_disks; ///< Disk::id in the observed machine that no recorded disk answers to
    std::vector<Duplicate> duplicates;       ///< in the profile's order
    std::vector<ArrayMatch> arrays;          ///< in the profile's order
    std::vector<std::string> foreign_arrays; ///< UUIDs observed that are not recorded
};

/// Identity comes from content first (superblocks' array and device UUIDs, table ids and GUIDs,
/// filesystem UUIDs), then serial and WWN; never from kernel names. What several recorded disks
/// share (equal serials, cloned table ids) identifies none of them. No observed disk answers for
/// two recorded ones.
[[nodiscard]] Comparison compare(const model::Profile &recorded, const model::Machine &observed);

} // namespace mdrescue::diagnose
