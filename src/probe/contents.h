// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probe/observation.h"

namespace mdrescue::probe {

/// What lies on every device: signatures first, then the headers of what blkid found.
void collect_contents(Collector &collector, const std::vector<BlockDevice> &devices);

/// Fills contents. Superblocks must be read before: they win over what blkid says.
void read_contents(Observation &observation);

} // namespace mdrescue::probe
