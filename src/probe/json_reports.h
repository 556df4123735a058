// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/machine.h"
#include "util/result.h"

#include <map>
#include <string>
#include <string_view>

/// The JSON that other programs write.
namespace mdrescue::probe {

/// The table in a report of `sfdisk --json`. Partition numbers come from the node names: `device`
/// is the kernel name of the disk. A value of another type than sfdisk writes, and a label other
/// than dos and gpt, is an error.
[[nodiscard]] util::Result<model::PartitionTable> parse_sfdisk(std::string_view json,
                                                               const std::string &device);

/// The "segments" of a LUKS2 header's JSON area, again as JSON: key slots and digests are left out
/// (LUKS2 On-Disk Format Specification, 3).
[[nodiscard]] util::Result<std::string> luks2_segments(std::string_view json_area);
/// What they say of the first segment: "cipher", "sector_size", "offset".
[[nodiscard]] util::Result<std::map<std::string, std::string>>
parse_luks2_segments(std::string_view segments);

} // namespace mdrescue::probe
