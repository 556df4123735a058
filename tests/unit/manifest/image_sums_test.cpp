// SPDX-License-Identifier: GPL-3.0-or-later
#include "manifest/image_sums.h"

#include <doctest/doctest.h>

using namespace mdrescue;
using namespace mdrescue::manifest;

TEST_CASE("lines are those of sha256sum, also for awkward names") {
    const std::string digest(64, '0');
    CHECK(sums_line(digest, "boot/vmlinuz") == digest + "  boot/vmlinuz\n");
    CHECK(sums_line(digest, "a\\b\nc\rd") == "\\" + digest + "  a\\\\b\\nc\\rd\n");
    for (const char *path : {"boot/vmlinuz", "a\\b\nc\rd", " $(reboot) \xff\x1b[31m", "\\"}) {
        const auto parsed = parse_sums(sums_line(digest, path) + sums_line(digest, "last"));
        REQUIRE(parsed);
        CHECK(parsed->size() == 2);
        CHECK(parsed->count(path) == 1);
    }
    CHECK(parse_sums("")->empty());
}

TEST_CASE("a damaged line is named") {
    const std::string digest(64, '0');
    for (const std::string &bad : {std::string("short\n"), "g" + std::string(63, '0') + "  x\n",
                                   digest + " x\n", digest + "  \n", digest + "  no newline",
                                   "\\" + digest + "  bad\\x\n", "\\" + digest + "  end\\\n"}) {
        const auto parsed = parse_sums(sums_line(digest, "good") + bad);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().message.find("line 2") != std::string::npos);
    }
    CHECK_FALSE(parse_sums(sums_line(digest, "twice") + sums_line(digest, "twice")));
}
