// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "util/result.h"

#include <string>
#include <string_view>

namespace mdrescue::cli {

/// Text on standard output, on its way when this returns ("" only sends what others put there). A
/// full disk or a closed descriptor is an error: whoever reads the output must not take half of it
/// for all.
[[nodiscard]] util::Result<void> print(std::string_view text);

/// A terminal that can draw over a line (TERM is set, and not to "dumb").
[[nodiscard]] bool is_screen(int stream);

/// A line that is drawn over the one before it on such a terminal, cut where it is too long for it
/// (DECAWM in console_codes(4)); "" takes the line away.
[[nodiscard]] std::string moving_line(std::string_view text);

/// Text on standard error, as far as it can be written: work does not end because nobody listens.
void tell(std::string_view text);

} // namespace mdrescue::cli
