// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "execute/context.h"

#include <string>

namespace mdrescue::execute {

/// "/dev/mapper/vg0-root", made by vgchange(8) where it is not there yet. LVM is shown the group's
/// recorded places alone: a member of a mirror with metadata 0.90 or 1.0 looks like the physical
/// volume itself, and must never be taken for it. Error: a place is not here, or LVM refuses.
[[nodiscard]] util::Result<std::string> activate(Context &context, const model::VolumeGroup &group,
                                                 const model::LogicalVolume &volume);

/// The name device-mapper gives a volume: dashes inside the names are doubled (lvm(8), "Naming").
[[nodiscard]] std::string mapper_name(const std::string &group, const std::string &volume);

} // namespace mdrescue::execute
