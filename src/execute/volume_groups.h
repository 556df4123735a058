// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "execute/context.h"

#include <string>
#include <vector>

namespace mdrescue::execute {

/// "/dev/mapper/vg0-root", made by lvchange(8) where it is not there yet, and no other volume of
/// the group: some go on with work of their own (a merge, a repair), which is not to be done now.
/// LVM is shown the group's recorded places alone: a member of a mirror with metadata 0.90 or 1.0
/// looks like the physical volume itself, and must never be taken for it. Error: a place is not
/// here, or LVM refuses.
[[nodiscard]] util::Result<std::string> activate(Context &context, const model::VolumeGroup &group,
                                                 const model::LogicalVolume &volume);

/// Activates the recorded volumes that hold swap, where their groups are whole: what sleeps there
/// is seen only then (FAULTS 30). Whether there was one.
[[nodiscard]] bool activate_swap(Context &context);

/// All volumes of a group, which LVM may see at these device nodes alone. Error: it refuses, for
/// one where a physical volume is none of them.
[[nodiscard]] util::Result<void> activate_group(system::System &system, const std::string &group,
                                                const std::vector<std::string> &places);

/// The name device-mapper gives a volume: dashes inside the names are doubled (lvm(8), "Naming").
[[nodiscard]] std::string mapper_name(const std::string &group, const std::string &volume);

} // namespace mdrescue::execute
