// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/machine.h"
#include "probe/facts.h"

#include <string>
#include <string_view>
#include <vector>

/// What blkid's low-level probing finds on devices. Facts "blkid/<device>": its `-o udev` lines;
/// empty where it knows nothing on it; missing where it could not look.
namespace mdrescue::probe {

struct Signature {
    bool known = false; ///< blkid could look
    std::string type;   ///< ID_FS_TYPE
    std::string usage;  ///< "filesystem", "raid", "crypto", "other"
    std::string uuid;
    std::string label;                   ///< raw bytes
    std::string table;                   ///< ID_PART_TABLE_TYPE: "dos", "gpt", …
    std::vector<std::string> ambivalent; ///< types, where several signatures contradict each other
};

/// One line per value, as `blkid -o udev` prints them.
[[nodiscard]] Signature parse_signature(std::string_view udev_lines);
/// Undoes udev's \xNN.
[[nodiscard]] std::string decode_udev(std::string_view encoded);

/// Devices by kernel name. One blkid looks at many; it stops at the first on which it finds
/// nothing, so it is run again from there.
void collect_signatures(Collector &collector, const std::vector<std::string> &devices);

/// Uses the fact.
[[nodiscard]] Signature read_signature(FactReader &facts, const std::string &device);

} // namespace mdrescue::probe
