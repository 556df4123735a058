// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mdrescue::util {

/// Text that came from a disk, a label or a file name, made safe to print on a terminal: control
/// characters, DEL and bytes that are not valid UTF-8 become \xNN, a backslash becomes \\. Also
/// C1 controls and the Unicode bidirectional overrides, which could make a line read as another.
[[nodiscard]] std::string printable(std::string_view raw);

/// The same for a place in HTML: printable(), then & < > " ' as entities.
[[nodiscard]] std::string html(std::string_view raw);

/// One argument quoted for a POSIX shell, when an equivalent command is *shown* (never executed).
[[nodiscard]] std::string shell_quoted(std::string_view argument);

/// A size the way disks are sold and tools print it: "250 MB", "1.8 GB" (powers of 1000, at most
/// three significant digits); exact bytes below 1000: "512 bytes".
[[nodiscard]] std::string size_text(std::uint64_t bytes);

/// "1 h 02 min", "3 min 20 s", "12 s".
[[nodiscard]] std::string duration_text(std::uint64_t seconds);

/// Printable text broken at blanks to at most `width` columns where words allow it, ended by a
/// newline; `first` begins the first line, as many blanks the following ones.
[[nodiscard]] std::string paragraph(std::string_view first, std::string_view text,
                                    std::size_t width);
/// The same for a text of several lines: each is broken by itself and keeps its indentation.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t width);

[[nodiscard]] std::string_view trimmed(std::string_view text); ///< without white space at both ends
[[nodiscard]] std::vector<std::string_view> split(std::string_view text,
                                                  char separator); ///< keeps empty fields
[[nodiscard]] std::vector<std::string_view>
split_words(std::string_view text); ///< at runs of blanks; no empty fields
[[nodiscard]] bool
valid_utf8(std::string_view bytes); ///< strict: no surrogates, no overlong forms (RFC 3629)

/// Whether a path is the directory (without a slash at its end) or lies below it, by their names.
[[nodiscard]] bool at_or_below(std::string_view path, std::string_view directory);

} // namespace mdrescue::util
