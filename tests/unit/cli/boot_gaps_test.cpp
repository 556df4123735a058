// SPDX-License-Identifier: GPL-3.0-or-later
#include "../support/example_machine.h"
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

TEST_CASE("a native filesystem that no recovery could make again is told when the image is made") {
    model::Machine machine = test::linux_journal_machine();
    CHECK(cli::filesystem_gaps(machine).empty());
    machine.disks[0].table->partitions[0].content.filesystem->type = "xfs";
    REQUIRE(cli::filesystem_gaps(machine).size() == 1);
    CHECK(cli::filesystem_gaps(machine)[0].starts_with("partition 1 of disk1 holds a xfs"));
}
