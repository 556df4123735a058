// SPDX-License-Identifier: GPL-3.0-or-later
#include "manifest/image_sums.h"

#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>

namespace mdrescue::manifest {
namespace {

constexpr std::size_t digest_digits = 64;

std::string escaped(std::string_view path) {
    std::string out;
    for (const char c : path) {
        switch (c) {
        case '\\': out += "\\\\"; break;
        case '\n': out += "\\n"; break;
        case '\r': out += "\\r"; break;
        default: out += c;
        }
    }
    return out;
}

std::optional<std::string> unescaped(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\') {
            out += text[i];
            continue;
        }
        if (++i == text.size())
            return std::nullopt;
        switch (text[i]) {
        case '\\': out += '\\'; break;
        case 'n': out += '\n'; break;
        case 'r': out += '\r'; break;
        default: return std::nullopt;
        }
    }
    return out;
}

} // namespace

std::string sums_line(std::string_view digest, std::string_view path) {
    const std::string name = escaped(path);
    return fmt::format("{}{}  {}\n", name.size() == path.size() ? "" : "\\", digest, name);
}

util::Result<std::map<std::string, std::string>> parse_sums(std::string_view text) {
    std::map<std::string, std::string> sums;
    std::size_t number = 0;
    while (!text.empty()) {
        ++number;
        const auto end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        const bool escape = line.starts_with('\\');
        if (escape)
            line.remove_prefix(1);
        const auto digest = line.substr(0, digest_digits);
        const bool hex = std::all_of(digest.begin(), digest.end(),
                                     [](unsigned char c) { return std::isxdigit(c) != 0; });
        if (end == std::string_view::npos || line.size() < digest_digits + 3 || !hex ||
            line.substr(digest_digits, 2) != "  ")
            return util::fail(fmt::format("line {} of {} is damaged", number, sums_path));
        const std::string_view name = line.substr(digest_digits + 2);
        const auto path = escape ? unescaped(name) : std::optional<std::string>(name);
        if (!path || !sums.try_emplace(*path, digest).second)
            return util::fail(fmt::format("line {} of {} is damaged", number, sums_path));
    }
    return sums;
}

} // namespace mdrescue::manifest
