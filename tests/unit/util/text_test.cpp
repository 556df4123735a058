// SPDX-License-Identifier: GPL-3.0-or-later
#include "util/text.h"

#include <doctest/doctest.h>

using namespace mdrescue::util;

TEST_CASE("printable keeps letters and shows everything else as what it is") {
    CHECK(printable("Größe 日本") == "Größe 日本");
    CHECK(printable("a\x1b[2Jb\n") == "a\\x1b[2Jb\\x0a");
    CHECK(printable("back\\slash") == "back\\\\slash");
    CHECK(printable("\xff\xc3") == "\\xff\\xc3");          // invalid, truncated
    CHECK(printable("\xc0\xaf") == "\\xc0\\xaf");          // overlong
    CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80"); // surrogate
    CHECK(printable("\xc2\x9b") == "\\xc2\\x9b");          // C1: CSI
    CHECK(printable("\xe2\x80\xae"
                    "x") == "\\xe2\\x80\\xaex"); // right-to-left override
    CHECK(printable("\x7f") == "\\x7f");
}

TEST_CASE("html cannot be left") {
    CHECK(html("<a href=\"x\">'&") == "&lt;a href=&quot;x&quot;&gt;&#39;&amp;");
}

TEST_CASE("shell words are quoted only where they need it") {
    CHECK(shell_quoted("/dev/sda1") == "/dev/sda1");
    CHECK(shell_quoted("") == "''");
    CHECK(shell_quoted("$(reboot)") == "'$(reboot)'");
    CHECK(shell_quoted("it's") == "'it'\\''s'");
}

TEST_CASE("text is broken at blanks, words are not") {
    CHECK(paragraph("- ", "one two three", 9) == "- one two\n  three\n");
    CHECK(paragraph("- ", "one  two", 80) == "- one two\n");
    CHECK(paragraph("- ", "/a/path/that/is/long x", 5) == "- /a/path/that/is/long\n  x\n");
    CHECK(paragraph("- ", "", 80) == "- \n");
    CHECK(wrapped("one two three\n  four five six", 9) ==
          "one two\nthree\n  four\n  five\n  six\n");
}

TEST_CASE("sizes as people say them") {
    CHECK(size_text(0) == "0 bytes");
    CHECK(size_text(1) == "1 byte");
    CHECK(size_text(999) == "999 bytes");
    CHECK(size_text(1000) == "1.0 kB");
    CHECK(size_text(999'600) == "1.0 MB");
    CHECK(size_text(250'000'000) == "250 MB");
    CHECK(size_text(1'800'000'000'000) == "1.8 TB");
    CHECK(size_text(UINT64_MAX) == "18 EB");
}

TEST_CASE("durations") {
    CHECK(duration_text(59) == "59 s");
    CHECK(duration_text(60) == "1 min 00 s");
    CHECK(duration_text(3725) == "1 h 02 min");
}

TEST_CASE("splitting") {
    CHECK(split("a,,b", ',') == std::vector<std::string_view>{"a", "", "b"});
    CHECK(split("", ',') == std::vector<std::string_view>{""});
    CHECK(split_words("  a \t b\n") == std::vector<std::string_view>{"a", "b"});
    CHECK(split_words(" ").empty());
    CHECK(trimmed(" a b \n") == "a b");
    CHECK(trimmed(" \n").empty());
}

TEST_CASE("a path is at or below a directory by whole names") {
    for (const char *path : {"/var", "/var/lib", "/var/"})
        CHECK(at_or_below(path, "/var"));
    for (const char *path : {"/", "", "/va", "/variable", "/usr/var"})
        CHECK_FALSE(at_or_below(path, "/var"));
}
