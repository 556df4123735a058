// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/data_files.h"

#include "small_root.h"

#include <doctest/doctest.h>

using namespace mdrescue;

TEST_CASE("an installation finds its files beside itself, wherever it was moved") {
    for (const char *variable : {"MDRESCUE_DATADIR", "MDRESCUE_LIBEXECDIR", "MDRESCUE_CACHEDIR"})
        ::unsetenv(variable);
    const auto scratch = cli::Scratch::make().value();
    const std::string prefix = scratch.path() + "/opt/rescue";
    const std::string program = prefix + "/sbin/mdrescue";
    test::put(program, "");
    for (const std::string name : {"templates/a", "grub/a", "initramfs/a"})
        test::put(prefix + "/share/mdrescue/" + name, "");
    test::put(prefix + "/libexec/mdrescue/mdrescue-agent", "");
    const auto files = cli::find_data_files(program);
    REQUIRE_MESSAGE(files.has_value(), files.error().message);
    CHECK(files->templates == prefix + "/share/mdrescue/templates");
    CHECK(files->agent == prefix + "/libexec/mdrescue/mdrescue-agent");
    CHECK(files->cache == "/var/cache/mdrescue");

    std::filesystem::remove(prefix + "/libexec/mdrescue/mdrescue-agent");
    const auto missing = cli::find_data_files(program);
    REQUIRE_FALSE(missing.has_value());
    CHECK(missing.error().message ==
          "a part of mdrescue is missing: " + prefix + "/libexec/mdrescue/mdrescue-agent");
}
