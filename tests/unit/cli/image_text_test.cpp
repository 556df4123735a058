// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/image_text.h"

#include <doctest/doctest.h>

using namespace mdrescue;

TEST_CASE("EFI partitions are named where there are some") {
    CHECK(cli::parts_text(35'000'000, 6'000'000, 20'000'000) ==
          "/boot 35 MB, EFI partitions 6.0 MB, initramfs 20 MB");
    CHECK(cli::parts_text(35'000'000, 0, 20'000'000) == "/boot 35 MB, initramfs 20 MB");
}
