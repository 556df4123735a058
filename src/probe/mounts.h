// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probe/observation.h"

namespace mdrescue::probe {

/// Facts "proc/mountinfo" and "proc/swaps".
void collect_mounts(Collector &collector);

/// Mounts of devices we know and active swap partitions. Contents must be read before.
[[nodiscard]] std::vector<model::MountPoint> read_mounts(Observation &observation);

/// One line of /proc/self/mountinfo (proc(5)); bind mounts have another root than "/".
struct MountLine {
    std::string numbers; ///< major and minor: "9:1"
    std::string root, target, type, source;
    std::string options; ///< of the mount, then of the filesystem, each once
};
/// Lines that cannot be understood are left out.
[[nodiscard]] std::vector<MountLine> parse_mountinfo(std::string_view text);

} // namespace mdrescue::probe
