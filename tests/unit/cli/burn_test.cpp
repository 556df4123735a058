// SPDX-License-Identifier: GPL-3.0-or-later
// `mdrescue burn` as a person or a script meets it: what is refused, asked, said.
#include "program.h"
#include "small_root.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

using namespace mdrescue;
namespace fs = std::filesystem;
using test::run_program;
using test::SmallRoot;

namespace {

bool contains(const std::string &text, const std::string &part) {
    return text.find(part) != std::string::npos;
}

test::Ended burn(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "burn");
    return run_program({.arguments = std::move(arguments)});
}

void check_refused(const test::Ended &ended, const std::string &reason) {
    INFO(ended.err);
    CHECK(ended.status == 1);
    CHECK(contains(ended.err, reason));
}

} // namespace

TEST_CASE("a burn to a file as a drive: end of file means no, and the serial of nothing is none") {
    const SmallRoot small;
    REQUIRE(run_program({.arguments = small.command()}).status == 0);
    const std::string &image = small.output;
    const std::string target = image + ".disc";
    const std::string drive = "stdio:" + target;

    check_refused(burn({image, drive}), "not agreed to"); // standard input is empty
    check_refused(burn({"--serial", "X", image, drive}), "it has no serial");
    const auto looked = burn({"--dry-run", image, drive});
    CHECK(looked.status == 0);
    CHECK(contains(looked.out, "dry run: nothing was written"));
    CHECK_FALSE(fs::exists(target));

    check_refused(burn({"--data-partition", image, drive}), "for sticks");
    check_refused(burn({image, "stdio:" + image}), "to itself");
    check_refused(burn({image, "stdio:/dev/null"}), "no regular file");
    check_refused(burn({image, target}), "is no device");
    check_refused(burn({"/etc/passwd", drive}), "ISO 9660");
    check_refused(burn({"/dev/null", drive}), "is no file");
    check_refused(burn({"/no/such", drive}), "No such file");
    CHECK(burn({image}).status == 2);
    CHECK(burn({"--speed", "-1", image, drive}).status == 2);
}

TEST_CASE("a burn that was agreed to leaves the image, readable by its owner alone") {
    const SmallRoot small;
    REQUIRE(run_program({.arguments = small.command()}).status == 0);
    const std::string &image = small.output;
    const std::string target = image + ".disc";
    const auto done =
        run_program({.arguments = {"burn", image, "stdio:" + target}, .input = "yes\n"});
    INFO(done.out);
    CHECK(done.status == 0);
    CHECK(contains(done.out, "Type yes to write: "));
    CHECK(contains(done.out, "read back and compared"));
    CHECK(fs::file_size(target) == fs::file_size(image));
    struct stat info {};
    REQUIRE(::stat(target.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777U) == 0600U);
}
