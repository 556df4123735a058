// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/scratch.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>

TEST_CASE("scratch directories go away with all in them") {
    std::string path;
    {
        const auto scratch = mdrescue::cli::Scratch::make().value();
        path = scratch.path();
        std::ofstream(path + "/file") << "x";
    }
    CHECK_FALSE(std::filesystem::exists(path));
}
