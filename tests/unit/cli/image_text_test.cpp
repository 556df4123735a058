// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/image_text.h"

#include <doctest/doctest.h>

using namespace mdrescue;

TEST_CASE("EFI partitions are named where there are some") {
    CHECK(cli::parts_text(35'000'000, 6'000'000, 20'000'000) ==
          "/boot 35 MB, EFI partitions 6.0 MB, initramfs 20 MB");
    CHECK(cli::parts_text(35'000'000, 0, 20'000'000) == "/boot 35 MB, initramfs 20 MB");
}

TEST_CASE("when an image was made, and how long ago that is") {
    constexpr std::int64_t made = 1763800200, day = 86400;
    CHECK(cli::made_text(made, made + day - 1) == "2025-11-22 08:30 UTC, today");
    CHECK(cli::made_text(made, made + day) == "2025-11-22 08:30 UTC, 1 day ago");
    CHECK(cli::made_text(made, made + 3 * day) == "2025-11-22 08:30 UTC, 3 days ago");
    CHECK(cli::made_text(made, made - 1) ==
          "2025-11-22 08:30 UTC, in the future by this computer's clock");
}
