// SPDX-License-Identifier: GPL-3.0-or-later
#include "etc/crypttab.h"

#include "etc/lines.h"
#include "util/text.h"

namespace mdrescue::etc {
namespace {

CrypttabLine parse_line(std::string text) {
    CrypttabLine line{std::move(text), std::nullopt, {}};
    const auto fields = util::split_words(line.text);
    if (fields.empty() || fields[0].starts_with('#'))
        return line;
    if (fields.size() < 2) {
        line.problem = "no device is named";
        return line;
    }
    line.entry = CrypttabEntry{std::string(fields[0]), std::string(fields[1]),
                               std::string(fields.size() > 2 ? fields[2] : "none"),
                               std::string(fields.size() > 3 ? fields[3] : "")};
    return line;
}

} // namespace

Crypttab parse_crypttab(std::string_view text) {
    Crypttab crypttab;
    for (std::string &line : split_lines(text))
        crypttab.lines.push_back(parse_line(std::move(line)));
    return crypttab;
}

std::string to_text(const Crypttab &crypttab) {
    std::vector<std::string> lines;
    for (const CrypttabLine &line : crypttab.lines)
        lines.push_back(line.text);
    return joined(lines);
}

} // namespace mdrescue::etc
