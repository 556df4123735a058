// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/image_output.h"

#include "media_fixture.h"

using namespace mdrescue::media::test;

namespace {

std::string message(const std::string &path, bool replace) {
    const auto result = mdrescue::media::check_output(path, replace);
    return result ? "" : result.error().message;
}

} // namespace

TEST_CASE("what cannot be an output is refused before any work") {
    const Directory scratch;
    const std::string file = scratch / "a.iso";
    CHECK(message(file, false).empty());
    put(file, "x");
    CHECK(message(file, false).find("exists already") != std::string::npos);
    CHECK(message(file, true).empty());
    CHECK(message("", true).find("is empty") != std::string::npos);
    CHECK(message(scratch.path(), true).find("is a directory") != std::string::npos);
    CHECK(message("/dev/null", true).find("is a device") != std::string::npos);
    CHECK(message(scratch / "none/a.iso", false).find("No such file") != std::string::npos);
    std::filesystem::create_symlink(file, scratch / "link.iso");
    CHECK(message(scratch / "link.iso", true).find("not a regular file") != std::string::npos);
    CHECK(message(scratch / "\x1b[2J", false).empty());
    CHECK(message("/no\x1b/x", false).find('\x1b') == std::string::npos);
}
