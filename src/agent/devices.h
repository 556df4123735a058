// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/machine.h"
#include "system/system.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mdrescue::agent {

/// A disk, drive or partition the kernel shows.
struct BlockDevice {
    std::string name;       ///< "sda", "sda1", "sr0"
    std::uint64_t size = 0; ///< in bytes; 0: no medium in it
    bool partition = false;
    bool operator==(const BlockDevice &) const = default;
};

/// Real devices by name: without RAM disks, loops, compressed memory, arrays and mappings.
[[nodiscard]] std::vector<BlockDevice> block_devices(system::System &system);

/// Whether a disk of the right size is there for each recorded one. Only for waiting: which disk it
/// is, its content says.
[[nodiscard]] bool as_many_as_recorded(const model::Machine &recorded,
                                       const std::vector<BlockDevice> &present);

} // namespace mdrescue::agent
