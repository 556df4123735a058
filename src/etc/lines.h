// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Readers of files that people edit. Parsing keeps every byte, so that what is written back
/// differs only where it was meant to.
namespace mdrescue::etc {

/// The lines of a file, without their newlines. The last element is what follows the last newline
/// ("" as a rule), so joined() always gives the same bytes back.
[[nodiscard]] std::vector<std::string> split_lines(std::string_view text);
[[nodiscard]] std::string joined(const std::vector<std::string> &lines);

} // namespace mdrescue::etc
