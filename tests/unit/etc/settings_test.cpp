// SPDX-License-Identifier: GPL-3.0-or-later
#include "etc/settings.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <fstream>
#include <iterator>

using namespace mdrescue;
using etc::parse_settings;
using etc::Settings;

namespace {

std::string error_of(const std::string &text) {
    const auto settings = parse_settings(text);
    REQUIRE_MESSAGE(!settings.has_value(), text);
    return settings.error().message;
}

} // namespace

TEST_CASE("settings: defaults, and what is named instead") {
    CHECK(parse_settings("").value() == Settings{});
    const auto read = parse_settings("# comment\n\n  IMAGES = /srv/a b \r\nKEEP=7\nNAME=x{time}\n"
                                     "MAX_AGE_DAYS=1\nPROMETHEUS=/p/m.prom\nHOOKS=no");
    REQUIRE_MESSAGE(read.has_value(), read.error().message);
    CHECK(*read == Settings{"/srv/a b", 7, "x{time}", 1, "/p/m.prom", false});
    CHECK(parse_settings("PROMETHEUS=\n").value() == Settings{});
}

TEST_CASE("the installed configuration says the defaults, and every key") {
    std::ifstream file(MDRESCUE_SOURCE_DIR "/src/cli/etc/mdrescue.conf");
    std::string text{std::istreambuf_iterator<char>(file), {}};
    CHECK(parse_settings(text).value() == Settings{});
    // Each "#KEY=" becomes a line: still the defaults, and each key is there.
    std::string active;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        const std::string line = text.substr(at, end - at);
        const auto equals = line.find('=');
        if (line.starts_with('#') && !line.starts_with("# ") && equals != std::string::npos)
            active += line.substr(1) + "\n";
        at = end + 1;
    }
    std::ifstream page(MDRESCUE_SOURCE_DIR "/src/cli/man/mdrescue.conf.5");
    const std::string manual{std::istreambuf_iterator<char>(page), {}};
    for (const std::string key :
         {"IMAGES=", "KEEP=", "NAME=", "MAX_AGE_DAYS=", "PROMETHEUS=", "HOOKS="})
        CHECK_MESSAGE(
            (active.find(key) != std::string::npos && manual.find(" " + key) != std::string::npos),
            key);
    CHECK(std::count(active.begin(), active.end(), '\n') == 6);
    CHECK(parse_settings(active).value() == Settings{});
}

TEST_CASE("what is wrong in the settings is named with its line") {
    CHECK(error_of("\n# x\nIMAGE=/x\n") == "line 3: unknown key \"IMAGE\"");
    CHECK(parse_settings("keep=3").error().hint.find("IMAGES, KEEP, NAME") != std::string::npos);
    CHECK(error_of("KEEP") == "line 1: \"KEEP\" is not KEY=VALUE");
    CHECK(error_of("KEEP=3\nKEEP=3") == "line 2: KEEP is given a second time");
    for (const std::string number : {"", "0", "-1", "1001", "3 # three", "0x3", "99999999999"})
        CHECK(error_of("KEEP=" + number).find("line 1: KEEP: \"" + number + "\" is no whole") == 0);
    CHECK(error_of("IMAGES=relative") == "line 1: IMAGES: \"relative\" is no absolute path");
    CHECK(error_of("IMAGES=") == "line 1: IMAGES: \"\" is no absolute path");
    CHECK(error_of("IMAGES=\"/x\"") ==
          "line 1: IMAGES: quotes have no meaning here; leave them out");
    CHECK(error_of("IMAGES=/x\x1b") == "line 1: IMAGES: \"/x\\x1b\" is no plain text");
    CHECK(error_of("PROMETHEUS=/x") == "line 1: PROMETHEUS: \"/x\" does not end with .prom");
    CHECK(error_of("HOOKS=true") == "line 1: HOOKS: \"true\" is neither yes nor no");
    for (const std::string name : {"x.iso", "{time}{time}", "{time}{host}{host}"})
        CHECK(error_of("NAME=" + name).find("{time} once") != std::string::npos);
    for (const std::string name : {"a/{time}", ".{time}"})
        CHECK(error_of("NAME=" + name).find("one of a file") != std::string::npos);
}
