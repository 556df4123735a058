// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probe/observation.h"

namespace mdrescue::probe {

/// Partition tables of disks and arrays. Facts "sfdisk/<device>": the report of `sfdisk --json`.
void collect_tables(Collector &collector, const std::vector<BlockDevice> &devices);

/// Fills tables; warns where the kernel uses other partitions than the table has.
void read_tables(Observation &observation);

} // namespace mdrescue::probe
