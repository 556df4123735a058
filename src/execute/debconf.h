// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mdrescue::execute {

/// The value of a question in debconf's database of answers (debconf.conf(5), driver File, format
/// 822: blocks of "Field: value" lines, apart by empty lines). None: the question is not there, or
/// has no value. Pure.
[[nodiscard]] std::optional<std::string> debconf_value(std::string_view database,
                                                       std::string_view question);

} // namespace mdrescue::execute
