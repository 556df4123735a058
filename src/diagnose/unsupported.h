// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/machine.h"

#include <string>
#include <vector>

/// Storage that mdrescue does not bring back, by name and with the reason (FAULTS 28). Pure.
namespace mdrescue::diagnose {

/// A pool of ZFS matters only where its disk is the one that is missing.
enum class Fate { missing, here };

/// "sda belongs to a RAID of the firmware (isw_raid_member), …", about the disk or a partition of
/// it; "" for none. name: how people are told which disk, printable. Without a full stop.
[[nodiscard]] std::string unsupported_on(const model::Disk &disk, const std::string &name,
                                         Fate fate);

/// All of a machine that would stop its recovery, if the worst disk died.
[[nodiscard]] std::vector<std::string> unsupported_in(const model::Machine &machine);

} // namespace mdrescue::diagnose
