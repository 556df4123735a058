// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/lines.h"

#include <algorithm>
#include <doctest/doctest.h>

using namespace mdrescue::agent;

TEST_CASE("fitting counts characters, not bytes") {
    CHECK(columns("Gr\u00f6\u00dfe") == 5);
    CHECK(fitted("abc", 5) == "abc  ");
    CHECK(fitted("abcdef", 5) == "abcd~");
    CHECK(fitted("\u00e4\u00f6\u00fc\u00df", 3) == "\u00e4\u00f6~");
    CHECK(fitted_end("scsi-0:0:1:0", 6) == "~0:1:0");
    CHECK(fitted_end("abc", 5) == "abc  ");
}

TEST_CASE("wrapping keeps to the screen") {
    std::string text;
    for (int i = 0; i < 60; ++i)
        text += "word" + std::to_string(i) + " ";
    text += std::string(300, 'x'); // no blank to break at
    const Lines lines = wrapped({{"  start: ", Style::strong}}, text, Style::bad, 4);
    CHECK(lines.size() > 5);
    std::string all;
    for (const Line &line : lines) {
        std::size_t width = 0;
        for (const Span &span : line)
            width += columns(span.text);
        CHECK(width <= screen_width);
        all += line.back().text;
    }
    CHECK(lines[1][0].text == "    ");
    CHECK(all.find(std::string("word59")) != std::string::npos);
    CHECK(std::count(all.begin(), all.end(), 'x') == 300);
}

TEST_CASE("colours are only there when they are wanted") {
    const Lines lines{{{"a ", Style::normal}, {"b", Style::bad}}, {}};
    CHECK(rendered(lines, true) == "a \x1b[1;31mb\x1b[0m\n\n");
    CHECK(rendered(lines, false) == "a b\n\n");
}
