// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probe/observation.h"

namespace mdrescue::probe {

/// Volume groups by UUID, of each the newest text found; contents of the volumes that are active.
/// Contents must be read before.
[[nodiscard]] std::vector<model::VolumeGroup> read_volume_groups(Observation &observation);

} // namespace mdrescue::probe
