// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/machine.h"

#include <string>
#include <vector>

/// What lies on one disk alone and does not come back when that disk dies. Pure.
namespace mdrescue::plan {

/// A volume of LVM or LUKS without an array under it, or a filesystem that cannot be made again as
/// it was: of another type, of a shape that mkfs cannot be told, or on a disk without a partition
/// table, where the start marker has no place.
struct GivenUp {
    model::DeviceRef device;
    std::string what; ///< "a filesystem (btrfs)", printable
    /// Mount point of the part of the installed system that lies there, printable: without it the
    /// disk's recovery is refused. "" for none.
    std::string needed;
};

[[nodiscard]] std::vector<GivenUp> given_up(const model::Machine &machine, const model::Disk &disk);

} // namespace mdrescue::plan
