// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// mdadm.conf as mdadm.conf(5) describes it.
namespace mdrescue::etc {

struct MdadmArray {
    std::string device; ///< "/dev/md/root", "md0", "<ignore>" or ""
    std::map<std::string, std::string>
        tags; ///< lower-case name → value without quotes: "uuid", "name", "metadata", …
    bool operator==(const MdadmArray &) const = default;
};

/// One configuration line with the lines that continue it (those begin with a blank).
struct MdadmLine {
    std::vector<std::string> text; ///< as it stands, without newlines
    std::string keyword; ///< upper case and in full ("ARRAY"); "" for empty lines and comments
    std::optional<MdadmArray> array; ///< keyword ARRAY
    std::string problem;             ///< what is wrong with it, in words; "" when nothing is
};

struct MdadmConf {
    std::vector<MdadmLine> lines;
};

[[nodiscard]] MdadmConf parse_mdadm_conf(std::string_view text);
[[nodiscard]] std::string to_text(const MdadmConf &conf); ///< byte for byte what was parsed

} // namespace mdrescue::etc
