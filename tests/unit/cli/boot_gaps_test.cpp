// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/boot_gaps.h"

#include <doctest/doctest.h>

using namespace mdrescue;

namespace {

manifest::Tree tree_of(const std::vector<std::string> &paths) {
    manifest::Tree tree;
    for (const std::string &path : paths)
        tree.emplace_back().path = path;
    return tree;
}

} // namespace

TEST_CASE("a /boot that starts nothing is told: no initramfs of that kernel, no menu") {
    CHECK(cli::boot_gaps(tree_of({"boot/grub/grub.cfg", "boot/initrd.img-6.1"}), "6.1").empty());
    CHECK(
        cli::boot_gaps(tree_of({"boot/grub2/grub.cfg", "boot/initramfs-6.1.img"}), "6.1").empty());
    CHECK(cli::boot_gaps(tree_of({"boot/grub/grub.cfg", "boot/initrd.img-6.0"}), "6.1").size() ==
          1);
    CHECK(cli::boot_gaps(tree_of({"boot/vmlinuz-6.1"}), "6.1").size() == 2);
}
