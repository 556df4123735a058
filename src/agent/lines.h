// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// Text for a console, with the meaning of its parts instead of colours. Everything in it is
/// printable already (util::printable).
namespace mdrescue::agent {

enum class Style { normal, strong, good, warning, bad };

struct Span {
    std::string text;
    Style style = Style::normal;
    bool operator==(const Span &) const = default;
};

using Line = std::vector<Span>;
using Lines = std::vector<Line>;

/// The last column is left free: some terminals go to the next line when it is written.
inline constexpr std::size_t screen_width = 79;

/// Columns a text takes, one for each code point. The texts are Latin as a rule.
[[nodiscard]] std::size_t columns(std::string_view text);
/// The text filled up with blanks, or cut and ended with "~", to exactly `width` columns.
[[nodiscard]] std::string fitted(std::string_view text, std::size_t width);
/// The same, cut at its start: "~fix-of-position".
[[nodiscard]] std::string fitted_end(std::string_view text, std::size_t width);

/// A text of several words as lines of at most screen_width columns; the first begins after
/// `first`, the others are indented as far as `first` is wide, at most `indent` columns.
[[nodiscard]] Lines wrapped(Line first, std::string_view text, Style style = Style::normal,
                            std::size_t indent = screen_width / 2);

void append(Lines &lines, Lines more);

/// The lines as bytes, each ended by a newline. With colours: ANSI escape codes (ECMA-48, SGR).
[[nodiscard]] std::string rendered(const Lines &lines, bool colours);

} // namespace mdrescue::agent
