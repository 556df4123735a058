// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/lines.h"

#include "util/text.h"

#include <algorithm>
#include <iterator>

namespace mdrescue::agent {
namespace {

bool starts_code_point(char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }

/// Where the code point number `index` starts in the text.
std::size_t byte_of(std::string_view text, std::size_t index) {
    std::size_t byte = 0;
    for (; byte < text.size(); ++byte)
        if (starts_code_point(text[byte]) && index-- == 0)
            break;
    return byte;
}

std::size_t columns(const Line &line) {
    std::size_t sum = 0;
    for (const Span &span : line)
        sum += agent::columns(span.text);
    return sum;
}

const char *escape_code(Style style) {
    switch (style) {
    case Style::normal: return "";
    case Style::strong: return "\x1b[1m";
    case Style::good: return "\x1b[32m";
    case Style::warning: return "\x1b[1;33m";
    case Style::bad: return "\x1b[1;31m";
    }
    return "";
}

} // namespace

std::size_t columns(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts_code_point));
}

std::string fitted(std::string_view text, std::size_t width) {
    const std::size_t have = columns(text);
    if (have <= width)
        return std::string(text) + std::string(width - have, ' ');
    return std::string(text.substr(0, byte_of(text, width - 1))) + "~";
}

std::string fitted_end(std::string_view text, std::size_t width) {
    const std::size_t have = columns(text);
    if (have <= width)
        return fitted(text, width);
    return "~" + std::string(text.substr(byte_of(text, have - width + 1)));
}

Lines wrapped(Line first, std::string_view text, Style style, std::size_t indent) {
    Lines lines{std::move(first)};
    std::size_t used = columns(lines.back());
    const std::size_t margin = std::min(used, indent);
    std::string part;
    for (const std::string_view word : util::split_words(text)) {
        const std::size_t wanted = columns(word) + (part.empty() ? 0 : 1);
        if (!part.empty() && used + columns(part) + wanted > screen_width) {
            lines.back().push_back({std::move(part), style});
            lines.push_back({{std::string(margin, ' '), Style::normal}});
            used = margin;
            part = word;
        } else {
            part += (part.empty() ? "" : " ") + std::string(word);
        }
        // A word longer than a line (a long UUID list, a path) is broken rather than left to the
        // terminal.
        while (used + columns(part) > screen_width) {
            const std::size_t cut = byte_of(part, screen_width - used);
            lines.back().push_back({part.substr(0, cut), style});
            lines.push_back({{std::string(margin, ' '), Style::normal}});
            used = margin;
            part.erase(0, cut);
        }
    }
    if (!part.empty())
        lines.back().push_back({std::move(part), style});
    return lines;
}

void append(Lines &lines, Lines more) {
    std::move(more.begin(), more.end(), std::back_inserter(lines));
}

std::string rendered(const Lines &lines, bool colours) {
    std::string text;
    for (const Line &line : lines) {
        std::string bytes;
        for (const Span &span : line) {
            const std::string code = colours ? escape_code(span.style) : "";
            bytes += code + span.text + (code.empty() ? "" : "\x1b[0m");
        }
        while (bytes.ends_with(' '))
            bytes.pop_back();
        text += bytes + "\n";
    }
    return text;
}

} // namespace mdrescue::agent
