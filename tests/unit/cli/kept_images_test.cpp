// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/kept_images.h"

#include "../support/fake_system.h"

#include <doctest/doctest.h>

using namespace mdrescue;
using Names = std::vector<std::string>;

namespace {

constexpr std::int64_t now = 1763800200; // 2025-11-22 08:30:00 UTC

cli::KeptImage good(const std::string &path) { return {path, true}; }
cli::KeptImage bad(const std::string &path) { return {path, false}; }

} // namespace

TEST_CASE("the name of an image: host and time, nothing that a file name cannot hold") {
    etc::Settings settings;
    CHECK(cli::image_name(settings, "web7", now) == "mdrescue-web7-20251122T083000Z.iso");
    CHECK(cli::image_name(settings, "../a b\x1b", now) == "mdrescue-.._a_b_-20251122T083000Z.iso");
    CHECK(cli::image_name(settings, "", now) == "mdrescue-machine-20251122T083000Z.iso");
    settings.name = "{time}.{host}";
    CHECK(cli::image_name(settings, "web7", now) == "20251122T083000Z.web7");
}

TEST_CASE("images are known by their names, newest first; those of other machines are not ours") {
    const etc::Settings settings;
    const Names names{".lock",
                      "mdrescue-web7-20251122T083000Z.iso",
                      "mdrescue-web7-20251121T083000Z.iso",
                      "mdrescue-web7-20251123T083000Z.iso", // a day is clocks that differ
                      "mdrescue-web7-20991123T083000Z.iso",
                      "mdrescue-web70-20251122T083000Z.iso",
                      "mdrescue-web7-20251122T083000Z.iso.part",
                      ".mdrescue-web7-20251122T083000Z.iso.AbCdEf",
                      "mdrescue-web7-2025112xT083000Z.iso",
                      "mdrescue-web7-.iso",
                      "precious.iso"};
    CHECK(cli::image_names(settings, "web7", names, now) ==
          Names{"mdrescue-web7-20251123T083000Z.iso", "mdrescue-web7-20251122T083000Z.iso",
                "mdrescue-web7-20251121T083000Z.iso", "mdrescue-web7-20991123T083000Z.iso"});
}

TEST_CASE("no directory, no images; one that cannot be listed is an error") {
    FakeSystem system;
    etc::Settings settings;
    settings.images = "/images";
    CHECK(cli::kept_images(system, settings, "a", now).value().empty());
    system.files["/images/mdrescue-a-20251122T083000Z.iso"] = "";
    system.files["/images/other"] = "";
    CHECK(cli::kept_images(system, settings, "a", now).value() ==
          Names{"/images/mdrescue-a-20251122T083000Z.iso"});
    CHECK(cli::no_image_in(settings) == "no image of this machine is kept in /images");
}

TEST_CASE("the last good images stay, whatever else is there") {
    CHECK(cli::superfluous({good("4"), good("3"), good("2"), good("1")}, 3) == Names{"1"});
    CHECK(cli::superfluous({good("2"), good("1")}, 3).empty());
    CHECK(cli::superfluous({}, 1).empty());
    // Newer ones that are not good count for nothing.
    CHECK(cli::superfluous({bad("4"), bad("3"), bad("2"), good("1")}, 1) == Names{"3", "2"});
    CHECK(cli::superfluous({bad("3"), good("2"), good("1")}, 2).empty());
    // What is older than enough good ones goes, good or not.
    CHECK(cli::superfluous({good("4"), bad("3"), good("2"), bad("1")}, 2) == Names{"1"});
    CHECK(cli::superfluous({good("4"), bad("3")}, 1) == Names{"3"});
    // Nothing but degraded ones do not fill the disk.
    CHECK(cli::superfluous({bad("3"), bad("2"), bad("1")}, 2) == Names{"1"});
}

TEST_CASE("the configuration: defaults where there is none, unless it was named") {
    FakeSystem system;
    CHECK(cli::read_settings(system, "").value() == etc::Settings{});
    CHECK(cli::read_settings(system, "/x.conf").error().message == "cannot read /x.conf");
    system.files["/x.conf"] = "KEEP=9\n";
    CHECK(cli::read_settings(system, "/x.conf").value().keep == 9);
    system.files[cli::installed_settings] = "\nKEPT=9\n";
    CHECK(cli::read_settings(system, "").error().message ==
          "/etc/mdrescue.conf: line 2: unknown key \"KEPT\"");
}
