// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probe/observation.h"

namespace mdrescue::probe {

/// Facts "superblock/<device>/<version>" (4 KiB each, where the magic number is) and
/// "bad-blocks/<device>" (the log, where it is in use).
void collect_superblocks(Collector &collector, const std::vector<BlockDevice> &devices);

/// Fills superblocks: of each device the one that is in force. Tables must be read before, since
/// the end of the last partition may be the end of the disk.
void read_superblocks(Observation &observation);

/// Arrays by UUID: members from superblocks, what runs from sysfs. Superblocks, contents and
/// references must be read before.
[[nodiscard]] std::vector<model::Array> read_arrays(Observation &observation);

} // namespace mdrescue::probe
