// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "diagnose/survey.h"
#include "model/machine.h"
#include "system/system.h"

#include <cstdint>
#include <set>

namespace mdrescue::execute {

/// Reads the first and last 16 MiB of a disk and 2000 samples of 4 KiB spread evenly between, and
/// looks for a start marker at each of these offsets. Read-only. A small disk is read whole.
[[nodiscard]] diagnose::Survey survey_disk(system::System &system, const model::Disk &disk,
                                           const std::set<std::uint64_t> &marker_offsets);

} // namespace mdrescue::execute
