// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "util/result.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace mdrescue::probe {

/// A section of LVM's configuration text (lvm.conf(5), "Syntax"): name { key = value … }.
struct LvmSection {
    std::map<std::string, std::vector<std::string>> values; ///< a single value is a list of one
    std::map<std::string, LvmSection> sections;

    [[nodiscard]] std::string text(const std::string &key) const; ///< "" when missing
    [[nodiscard]] std::uint64_t
    number(const std::string &key) const; ///< 0 when missing or no number
    [[nodiscard]] bool lists(const std::string &key, const std::string &value) const;
    [[nodiscard]] const LvmSection *section(const std::string &name) const;
};

/// Errors: not that syntax, nested too deep.
[[nodiscard]] util::Result<LvmSection> parse_lvm_config(std::string_view text);

} // namespace mdrescue::probe
