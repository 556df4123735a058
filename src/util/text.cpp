// SPDX-License-Identifier: GPL-3.0-or-later
#include "util/text.h"

#include <array>
#include <fmt/format.h>
#include <optional>

namespace mdrescue::util {
namespace {

struct CodePoint {
    std::uint32_t value = 0;
    std::size_t length = 0; ///< in bytes
};

bool continuation(unsigned char byte) { return (byte & 0xc0U) == 0x80U; }

/// The code point at the start of the bytes; none when they are not valid UTF-8 (RFC 3629).
std::optional<CodePoint> decode(std::string_view bytes) {
    const auto first = static_cast<unsigned char>(bytes[0]);
    if (first < 0x80)
        return CodePoint{first, 1};
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || bytes.size() < length)
        return std::nullopt;
    std::uint32_t value = first & (0xffU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        const auto byte = static_cast<unsigned char>(bytes[i]);
        if (!continuation(byte))
            return std::nullopt;
        value = (value << 6U) | (byte & 0x3fU);
    }
    constexpr std::array<std::uint32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
    if (value < smallest[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return std::nullopt;
    return CodePoint{value, length};
}

bool harmless(std::uint32_t value) {
    const bool control = value < 0x20 || (value >= 0x7f && value < 0xa0);
    const bool direction = value == 0x200e || value == 0x200f ||
                           (value >= 0x2028 && value <= 0x202e) ||
                           (value >= 0x2066 && value <= 0x2069);
    return !control && !direction;
}

} // namespace

std::string printable(std::string_view raw) {
    std::string text;
    while (!raw.empty()) {
        const auto point = decode(raw);
        const std::size_t length = point ? point->length : 1;
        if (raw[0] == '\\')
            text += "\\\\";
        else if (point && harmless(point->value))
            text += raw.substr(0, length);
        else
            for (const char c : raw.substr(0, length))
                text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        raw.remove_prefix(length);
    }
    return text;
}

std::string html(std::string_view raw) {
    std::string text;
    for (const char c : printable(raw)) {
        switch (c) {
        case '&': text += "&amp;"; break;
        case '<': text += "&lt;"; break;
        case '>': text += "&gt;"; break;
        case '"': text += "&quot;"; break;
        case '\'': text += "&#39;"; break;
        default: text += c;
        }
    }
    return text;
}

std::string shell_quoted(std::string_view argument) {
    constexpr std::string_view plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%+,-./:=@_";
    if (!argument.empty() && argument.find_first_not_of(plain) == std::string_view::npos)
        return std::string(argument);
    std::string quoted = "'";
    for (const char c : argument) {
        if (c == '\'')
            quoted += "'\\''";
        else
            quoted += c;
    }
    return quoted + "'";
}

std::string size_text(std::uint64_t bytes) {
    if (bytes < 1000)
        return fmt::format("{} byte{}", bytes, bytes == 1 ? "" : "s");
    constexpr std::array<std::string_view, 6> units{"kB", "MB", "GB", "TB", "PB", "EB"};
    double value = static_cast<double>(bytes) / 1000;
    std::size_t unit = 0;
    while (value >= 999.5 && unit + 1 < units.size()) {
        value /= 1000;
        ++unit;
    }
    return value < 9.95 ? fmt::format("{:.1f} {}", value, units[unit])
                        : fmt::format("{:.0f} {}", value, units[unit]);
}

std::string duration_text(std::uint64_t seconds) {
    if (seconds < 60)
        return fmt::format("{} s", seconds);
    if (seconds < 3600)
        return fmt::format("{} min {:02} s", seconds / 60, seconds % 60);
    return fmt::format("{} h {:02} min", seconds / 3600, seconds / 60 % 60);
}

std::string paragraph(std::string_view first, std::string_view text, std::size_t width) {
    std::string result(first);
    std::size_t used = first.size();
    for (const std::string_view word : split_words(text)) {
        if (used > first.size() && used + 1 + word.size() > width) {
            result += "\n" + std::string(first.size(), ' ');
            used = first.size();
        }
        const std::string_view blank = used > first.size() ? " " : "";
        result += blank;
        result += word;
        used += blank.size() + word.size();
    }
    return result + "\n";
}

std::string wrapped(std::string_view text, std::size_t width) {
    std::string result;
    for (const std::string_view line : split(text, '\n'))
        result += paragraph(line.substr(0, line.find_first_not_of(' ')), line, width);
    return result;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view white = " \t\r\n\v\f";
    const auto first = text.find_first_not_of(white);
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(white) - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> fields;
    for (std::size_t at = 0;;) {
        const auto end = text.find(separator, at);
        fields.push_back(text.substr(at, end == std::string_view::npos ? end : end - at));
        if (end == std::string_view::npos)
            return fields;
        at = end + 1;
    }
}

std::vector<std::string_view> split_words(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    std::vector<std::string_view> words;
    for (std::size_t at = text.find_first_not_of(blanks); at != std::string_view::npos;) {
        const auto end = std::min(text.find_first_of(blanks, at), text.size());
        words.push_back(text.substr(at, end - at));
        at = text.find_first_not_of(blanks, end);
    }
    return words;
}

bool valid_utf8(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto point = decode(bytes);
        if (!point)
            return false;
        bytes.remove_prefix(point->length);
    }
    return true;
}

bool at_or_below(std::string_view path, std::string_view directory) {
    return path.starts_with(directory) &&
           (path.size() == directory.size() || path[directory.size()] == '/');
}

} // namespace mdrescue::util
