// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/terminal_progress.h"

#include <doctest/doctest.h>

using mdrescue::cli::progress_line;

TEST_CASE("the progress line shows per cent, bytes and a time left once it can be known") {
    CHECK(progress_line("writing the image", 0, 160'000'000, 0) ==
          "writing the image                0 %  0 bytes of 160 MB");
    CHECK(progress_line("writing the image", 80'000'000, 160'000'000, 3) ==
          "writing the image               50 %  80 MB of 160 MB, 3 s left");
    CHECK(progress_line("writing the image", 80'000'000, 160'000'000, 0.2) ==
          "writing the image               50 %  80 MB of 160 MB");
    CHECK(progress_line("reading /boot", 0, 0, 5) == "reading /boot                 ");
    const std::string long_name(50, 'x');
    CHECK(progress_line(long_name, 1, 2, 0).starts_with(long_name + "  ")); // never glued together
    CHECK(progress_line("x", 300, 200, 5).find("100 %") != std::string::npos); // never more
}
