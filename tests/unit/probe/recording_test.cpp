// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/probe.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <stdlib.h>
#include <sys/stat.h>

using namespace mdrescue::probe;
namespace fs = std::filesystem;

namespace {

struct Scratch {
    Scratch() {
        std::string name = (fs::temp_directory_path() / "mdrescue-recording-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    ~Scratch() { fs::remove_all(path); }
    Scratch(const Scratch &) = delete;
    Scratch &operator=(const Scratch &) = delete;
    fs::path path;
};

} // namespace

TEST_CASE("what is saved is loaded") {
    const Scratch scratch;
    const Facts facts{{"empty", ""},
                      {"sysfs/sda/size", "8\n"},
                      {"superblock/sda/1.2", std::string("\0\xff\n", 3)}};
    const std::string directory = (scratch.path / "new").string();
    REQUIRE(save(facts, directory));
    const auto loaded = load(directory);
    REQUIRE(loaded);
    CHECK(*loaded == facts);
    struct stat status {};
    REQUIRE(::stat((directory + "/empty").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777U) == 0600);
}

TEST_CASE("a directory in use, and names that lead outside, are refused") {
    const Scratch scratch;
    std::ofstream(scratch.path / "file") << "x";
    CHECK_FALSE(save({{"a", ""}}, scratch.path.string()));
    CHECK_FALSE(save({{"a", ""}}, (scratch.path / "mistyped" / "new").string()));
    CHECK_FALSE(std::filesystem::exists(scratch.path / "mistyped"));
    CHECK(save({{"a", ""}}, (scratch.path / "slash/").string()));
    for (const char *name : {"../x", "/x", "a/../../x", "", ".", "a//b/."})
        CHECK_FALSE(save({{name, ""}}, (scratch.path / "new").string()));
    CHECK_FALSE(fs::exists(scratch.path / "x"));
}

TEST_CASE("no recording, an empty one, links") {
    const Scratch scratch;
    CHECK_FALSE(load((scratch.path / "none").string()));
    CHECK_FALSE(load(scratch.path.string()));
    fs::create_symlink("/etc/passwd", scratch.path / "link");
    CHECK_FALSE(load(scratch.path.string()));
}
