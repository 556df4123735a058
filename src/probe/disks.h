// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probe/observation.h"

namespace mdrescue::probe {

/// The disks by position, then serial, then kernel name, with tables and contents; fills
/// references. Tables and contents must be read before.
[[nodiscard]] std::vector<model::Disk> read_disks(Observation &observation);

/// A table with the contents of its partitions filled in; `device` is the disk or array that
/// carries it.
[[nodiscard]] model::PartitionTable table_with_contents(Observation &observation,
                                                        const BlockDevice &device);

} // namespace mdrescue::probe
