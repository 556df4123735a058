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

TEST_CASE("what no recovery could make again is told when the image is made") {
    model::Machine machine = test::linux_journal_machine();
    CHECK(cli::disk_gaps(machine).empty());
    model::Content &boot = machine.disks[0].table->partitions[0].content;
    boot.filesystem->type = boot.type = "btrfs";
    REQUIRE(cli::disk_gaps(machine).size() == 1);
    CHECK(cli::disk_gaps(machine)[0] ==
          "partition 1 of disk1 holds a filesystem (btrfs) outside any array, which this version "
          "does not make again: were disk1 to die, its recovery would be refused, since /boot lies "
          "there");
    boot = {};
    boot.kind = model::Content::Kind::lvm_pv;
    machine.disks[1].table.reset();
    machine.disks[1].content =
        test::filesystem_content("ext4", "44444444-5555-4666-8777-888888888888", "");
    REQUIRE(cli::disk_gaps(machine).size() == 2);
    CHECK(cli::disk_gaps(machine)[0].ends_with("only its partition would come back"));
    CHECK(cli::disk_gaps(machine)[1].starts_with("disk2 holds a filesystem (ext4)"));
    CHECK(cli::disk_gaps(machine)[1].ends_with("it would not come back"));
    machine.disks[1].transport = "usb"; // it was only plugged in
    for (model::Array &array : machine.arrays)
        std::erase_if(array.members, [](const auto &one) { return one.device.disk == "disk2"; });
    CHECK(cli::disk_gaps(machine).size() == 1);
}
