// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "system/system.h"
#include "util/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mdrescue::execute {

/// Name of the progress phase while arrays are rebuilt.
inline constexpr std::string_view rebuild_phase = "rebuilding";

/// How far one array's rebuild is, from sysfs (kernel documentation, admin-guide/md.rst:
/// sync_action, sync_completed, sync_speed, degraded).
struct RebuildState {
    std::string kernel_name; ///< "md1"
    enum class Phase {
        idle,    ///< nothing to rebuild: all members are up
        delayed, ///< waits for another array on the same disks
        running, ///< recovery or resync
        stopped, ///< degraded, and nothing is being rebuilt
        frozen,  ///< md was told to do nothing, as mdadm does while it adds members
        stuck,   ///< the array is not running any more
    };
    Phase phase = Phase::idle;
    std::uint64_t done = 0;              ///< in 512-byte sectors of each member
    std::uint64_t total = 0;             ///< in 512-byte sectors of each member
    std::uint64_t speed = 0;             ///< in bytes per second
    unsigned missing = 0;                ///< members not up
    std::vector<std::string> bad_blocks; ///< "sda2 (sectors 128-135)": each member whose list of
                                         ///< bad blocks has entries, the first of them; printable
};

/// Looks once. Error: there is no such array.
[[nodiscard]] util::Result<RebuildState> rebuild_state(system::System &system,
                                                       const std::string &kernel_name);

/// "[=====>     ]  45 %  123 MB/s, 3 min left": at most `width` columns. Pure.
[[nodiscard]] std::string rebuild_bar(const RebuildState &state, std::size_t width);

} // namespace mdrescue::execute
