// SPDX-License-Identifier: GPL-3.0-or-later
#include "system/system.h"

#include <doctest/doctest.h>
#include <filesystem>

using namespace mdrescue;

TEST_CASE("the manual pages are formatted without a warning") {
    const auto system = system::real_system();
    std::size_t pages = 0;
    for (const auto &page :
         std::filesystem::directory_iterator(MDRESCUE_SOURCE_DIR "/src/cli/man")) {
        const auto formatted =
            system->run({.argv = {"groff", "-man", "-ww", "-z", "-Tutf8", page.path().string()}});
        REQUIRE_MESSAGE(formatted.has_value(), formatted.error().message);
        CHECK(formatted->status == 0);
        CHECK(formatted->err == "");
        ++pages;
    }
    CHECK(pages == 3);
}
