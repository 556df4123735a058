// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/line_editor.h"

#include <doctest/doctest.h>
#include <string_view>
#include <vector>

using namespace mdrescue::agent;

namespace {

struct Typed {
    std::vector<std::string> lines;
    std::string echo;
};

Typed type(std::string_view bytes) {
    LineEditor editor;
    Typed typed;
    for (const char byte : bytes)
        if (auto line = editor.take(byte, typed.echo))
            typed.lines.push_back(*line);
    return typed;
}

} // namespace

TEST_CASE("every kind of line end is one line end") {
    CHECK(type("1\r2\n3\r\n4\r").lines == std::vector<std::string>{"1", "2", "3", "4"});
    CHECK(type("\n\n").lines.size() == 2);
    CHECK(type("12\n").echo == "12\n");
}

TEST_CASE("correcting") {
    CHECK(type("13\b2\x7f\x7f\x7f\x7f"
               "4\n")
              .lines == std::vector<std::string>{"4"});
    CHECK(type("ab\b").echo == "ab\b \b");
    CHECK(type("\b").echo.empty());
    CHECK(type("abc\x15"
               "2\n")
              .lines == std::vector<std::string>{"2"});
    CHECK(type("6\x03\n").lines == std::vector<std::string>{""}); // Ctrl-C takes the 6 back
}

TEST_CASE("junk is not part of a line") {
    CHECK(type("\x1b[A\x1b[1;5C\x1bOP"
               "2\n")
              .lines == std::vector<std::string>{"2"});
    CHECK(type(std::string_view("\0\xff\xc3\xa9\x9b\x07\x04"
                                "3\n",
                                9))
              .lines == std::vector<std::string>{"3"});
    // a line end gets a line out of a broken escape sequence
    CHECK(type("\x1b[\n2\n").lines == std::vector<std::string>{"", "2"});
    const auto flood = type(std::string(100000, 'x') + "\n");
    CHECK(flood.lines.at(0).size() == 60);
    CHECK(flood.echo.size() == 61);
}

TEST_CASE("a passphrase is taken as it is, and nothing of it is echoed") {
    LineEditor editor;
    editor.begin(true);
    std::string echo;
    std::optional<std::string> line;
    for (const char byte : std::string_view(" caf\xc3\xa9 wromx\bn\x7fng\x1b[A \r"))
        line = editor.take(byte, echo);
    REQUIRE(line);
    CHECK(*line == " caf\xc3\xa9 wromng ");
    CHECK(echo == "\n");
    editor.begin();
    echo.clear();
    static_cast<void>(editor.take('x', echo));
    CHECK(echo == "x");
}
