// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/debconf.h"

#include <doctest/doctest.h>

using mdrescue::execute::debconf_value;

TEST_CASE("a value is found in its own block alone") {
    const std::string text =
        "Name: grub-pc/install_devices_disks_changed\nValue: /dev/wrong\n\n"
        "Name: grub-pc/install_devices\nTemplate: grub-pc/install_devices\nValue: "
        "/dev/disk/by-id/a, /dev/b\n"
        "Owners: grub-pc\n\nName: grub-pc/other\nTemplate: x\n\nName: last\nValue: z\n";
    CHECK(debconf_value(text, "grub-pc/install_devices") == "/dev/disk/by-id/a, /dev/b");
    CHECK_FALSE(debconf_value(text, "grub-pc/other"));
    CHECK_FALSE(debconf_value(text, "grub-pc/install"));
    CHECK(debconf_value(text, "last") == "z");
}
