// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/output_file.h"

#include "cli/scratch.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>

using namespace mdrescue::cli;

namespace {

std::string message(const std::string &path, bool force) {
    const auto result = check_output(path, force);
    return result ? "" : result.error().message;
}

} // namespace

TEST_CASE("what cannot be an output is refused before any work") {
    const auto scratch = Scratch::make().value();
    const std::string file = scratch.path() + "/a.iso";
    CHECK(message(file, false).empty());
    std::ofstream(file) << "x";
    CHECK(message(file, false).find("exists already") != std::string::npos);
    CHECK(message(file, true).empty());
    CHECK(message(scratch.path(), true).find("is a directory") != std::string::npos);
    CHECK(message("/dev/null", true).find("is a device") != std::string::npos);
    CHECK(message(scratch.path() + "/none/a.iso", false).find("No such file") != std::string::npos);
    const std::string link = scratch.path() + "/link.iso";
    std::filesystem::create_symlink(file, link);
    CHECK(message(link, true).find("not a regular file") != std::string::npos);
    CHECK(message(scratch.path() + "/\x1b[2J", false).empty());
    CHECK(message("/no\x1b/x", false).find('\x1b') == std::string::npos);
}

TEST_CASE("a small file is replaced as a whole, for root alone") {
    const auto scratch = Scratch::make().value();
    const std::string file = scratch.path() + "/new/machine.json";
    REQUIRE(replace_file(file, "one").has_value());
    REQUIRE(replace_file(file, "two").has_value());
    std::string text;
    std::ifstream(file) >> text;
    CHECK(text == "two");
    struct stat status {};
    REQUIRE(::stat(file.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0600);
    CHECK(std::distance(std::filesystem::directory_iterator(scratch.path() + "/new"), {}) == 1);
    CHECK_FALSE(replace_file(scratch.path(), "x").has_value()); // a directory stands there
    CHECK(std::distance(std::filesystem::directory_iterator(scratch.path()), {}) == 1);
}

TEST_CASE("scratch directories go away with all in them") {
    std::string path;
    {
        const auto scratch = Scratch::make().value();
        path = scratch.path();
        std::ofstream(path + "/file") << "x";
    }
    CHECK_FALSE(std::filesystem::exists(path));
}
