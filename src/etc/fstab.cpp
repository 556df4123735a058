// SPDX-License-Identifier: GPL-3.0-or-later
#include "etc/fstab.h"

#include "etc/lines.h"
#include "util/text.h"

#include <array>
#include <charconv>
#include <tuple>
#include <utility>

namespace mdrescue::etc {
namespace {

using Source = FstabEntry::Source;

constexpr std::array<std::pair<std::string_view, Source>, 4> tags{
    {{"UUID=", Source::uuid},
     {"LABEL=", Source::label},
     {"PARTUUID=", Source::partuuid},
     {"PARTLABEL=", Source::partlabel}}};

bool octal(char digit) { return digit >= '0' && digit <= '7'; }

std::string_view unquoted(std::string_view value) {
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
        return value.substr(1, value.size() - 2);
    return value;
}

std::optional<int> number(std::string_view field) {
    int value = 0;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (error != std::errc{} || end != field.data() + field.size())
        return std::nullopt;
    return value;
}

/// fstab(5): fields beyond the sixth are not read by anyone, so they are no mistake (a comment
/// often stands there).
FstabLine parse_line(std::string text) {
    FstabLine line{std::move(text), std::nullopt, {}};
    const auto fields = util::split_words(line.text);
    if (fields.empty() || fields[0].starts_with('#'))
        return line;
    if (fields.size() < 3) {
        line.problem = "fewer than three fields";
        return line;
    }
    const auto dump = number(fields.size() > 4 ? fields[4] : "0");
    const auto pass = number(fields.size() > 5 ? fields[5] : "0");
    if (!dump || !pass) {
        line.problem = "the fifth and sixth field must be numbers";
        return line;
    }
    FstabEntry entry;
    std::tie(entry.kind, entry.source) = source_name(fields[0]);
    entry.target = decode_octal(fields[1]);
    entry.type = fields[2];
    entry.options = decode_octal(fields.size() > 3 ? fields[3] : "defaults");
    entry.dump = *dump;
    entry.pass = *pass;
    line.entry = std::move(entry);
    return line;
}

} // namespace

std::pair<Source, std::string> source_name(std::string_view field) {
    const std::string decoded = decode_octal(field);
    for (const auto &[tag, kind] : tags)
        if (decoded.starts_with(tag))
            return {kind, std::string(unquoted(std::string_view(decoded).substr(tag.size())))};
    return {decoded.starts_with("/dev/") ? Source::device : Source::other, decoded};
}

std::string decode_octal(std::string_view field) {
    std::string decoded;
    for (std::size_t i = 0; i < field.size(); ++i) {
        if (field[i] == '\\' && i + 3 < field.size() && octal(field[i + 1]) && field[i + 1] < '4' &&
            octal(field[i + 2]) && octal(field[i + 3])) {
            decoded += static_cast<char>((field[i + 1] - '0') * 64 + (field[i + 2] - '0') * 8 +
                                         (field[i + 3] - '0'));
            i += 3;
        } else {
            decoded += field[i];
        }
    }
    return decoded;
}

Fstab parse_fstab(std::string_view text) {
    Fstab fstab;
    for (std::string &line : split_lines(text))
        fstab.lines.push_back(parse_line(std::move(line)));
    return fstab;
}

std::string to_text(const Fstab &fstab) {
    std::vector<std::string> lines;
    for (const FstabLine &line : fstab.lines)
        lines.push_back(line.text);
    return joined(lines);
}

} // namespace mdrescue::etc
