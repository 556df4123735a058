// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/machine.h"

#include <compare>
#include <string>
#include <vector>

namespace mdrescue::diagnose {

/// How well an observed disk answers to a recorded one, the strongest evidence first.
struct Evidence {
    unsigned members = 0;  ///< superblocks with the recorded array and device UUID (metadata 1.x)
    unsigned content = 0;  ///< kinds of other content that agree: slots of recorded arrays, table
                           ///< ids, UUIDs of filesystems, LVM, LUKS
    unsigned hardware = 0; ///< serial with model, WWN
    unsigned table = 0;    ///< table ids once more: between slot and table the table stays with the
                           ///< disk, a slot may move to a spare
    unsigned slots = 0;    ///< 1 where it claims a recorded slot of an array, as a member
    auto operator<=>(const Evidence &) const = default;
    [[nodiscard]] bool any() const { return members + content + hardware > 0; }
    [[nodiscard]] bool by_content() const { return members + content > 0; }
};

/// What can tell one disk of a machine.
struct Identity {
    std::vector<std::string> members;  ///< "array UUID/device UUID"
    std::vector<std::string> slots;    ///< "array UUID/slot"
    std::vector<std::string> table;    ///< ids and GUIDs of the partition table
    std::vector<std::string> contents; ///< UUIDs of what lies on it, md members excepted
    std::vector<std::string> serial;   ///< "model/serial"; none where it has no serial
    std::vector<std::string> wwn;
};

/// One per disk, in the machine's order, without what several of its disks share.
[[nodiscard]] std::vector<Identity> distinct_identities(const model::Machine &machine);
/// One per disk, in the machine's order. Serials and WWNs that several disks share are left out;
/// shared content is not, since a clone must be seen to be one.
[[nodiscard]] std::vector<Identity> observed_identities(const model::Machine &machine);

[[nodiscard]] Evidence evidence(const Identity &recorded, const Identity &observed);
/// Both have a serial or WWN, and none of them agrees.
[[nodiscard]] bool hardware_differs(const Identity &recorded, const Identity &observed);
[[nodiscard]] bool shares(const std::vector<std::string> &one,
                          const std::vector<std::string> &other);

} // namespace mdrescue::diagnose
