// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/esp_snapshots.h"

#include "../support/example_machine.h"
#include "../support/scratch_system.h"
#include "util/progress.h"

#include <doctest/doctest.h>

using namespace mdrescue;

namespace {

manifest::Node file(const std::string &path) {
    manifest::Node node;
    node.kind = manifest::Node::Kind::file;
    node.path = path;
    return node;
}

} // namespace

TEST_CASE("the loaders of an EFI system partition that is not mounted are known by its snapshot") {
    model::Machine machine = test::mirror_uefi_machine();
    machine.disks[1].boot_loaders[0].files.clear();
    cli::EspSnapshot first{{"disk1", 1}, "mdrescue/esp/disk1-1", {}};
    cli::EspSnapshot second{{"disk2", 1}, "mdrescue/esp/disk2-1", {}};
    first.tree = {file("mdrescue/esp/disk1-1/EFI/BOOT/BOOTX64.EFI")};
    second.tree = {file("mdrescue/esp/disk2-1/efi/debian/shimx64.efi"),
                   file("mdrescue/esp/disk2-1/efi/debian/grub.cfg"),
                   file("mdrescue/esp/disk2-1/elsewhere.efi"),
                   file("mdrescue/esp/disk2-1/efi/BOOT/BOOTX64.EFI")};
    cli::know_loaders(machine, {first, second});
    using Files = std::vector<std::string>;
    CHECK(machine.disks[0].boot_loaders[0].files == Files{"\\EFI\\BOOT\\BOOTX64.EFI"});
    CHECK(machine.disks[1].boot_loaders[0].files ==
          Files{"\\EFI\\BOOT\\BOOTX64.EFI", "\\EFI\\debian\\shimx64.efi"});
}

TEST_CASE("what has no snapshot is not promised, but for what an array mirrors") {
    model::Machine machine = test::mirror_uefi_machine();
    machine.disks[1].table->partitions[0].content =
        test::md_member_content("0d0d0d0d:77778888:9999aaaa:bbbbcccc");
    cli::know_loaders(machine, {});
    CHECK(machine.disks[0].boot_loaders[0].files.empty());
    CHECK(machine.disks[1].boot_loaders[0].files.size() == 3);
}

TEST_CASE("snapshots of EFI system partitions: mounted where it is, else read-only and only then") {
    ScratchSystem system;
    model::Machine machine = test::mirror_uefi_machine();
    const std::string mounted = system.root() + "/boot/efi";
    machine.mounts[2].target = mounted;
    system.write(mounted + "/EFI/BOOT/BOOTX64.EFI", "first");
    const std::string beside = system.filesystem("/dev/nvme1n1p1");
    system.write(beside + "/EFI/BOOT/BOOTX64.EFI", "second");
    util::Progress progress;
    auto snapshots = cli::esp_snapshots(system, machine, system.root() + "/scratch", progress);
    REQUIRE(snapshots);
    REQUIRE(snapshots->size() == 2);
    const std::string esp = system.root() + "/scratch/esp";
    using Texts = std::vector<std::string>;
    CHECK(system.mounts == Texts{"/dev/nvme1n1p1 on " + esp + " ro", "-" + esp});
    const cli::EspSnapshot &first = snapshots->at(0);
    const cli::EspSnapshot &second = snapshots->at(1);
    CHECK(first.device == model::DeviceRef{"disk1", 1});
    REQUIRE(first.tree.size() == 4);
    CHECK(first.tree[3].path == "mdrescue/esp/disk1-1/EFI/BOOT/BOOTX64.EFI");
    CHECK(second.device == model::DeviceRef{"disk2", 1});
    REQUIRE(second.tree.size() == 4);
    CHECK(second.tree[3].path == "mdrescue/esp/disk2-1/EFI/BOOT/BOOTX64.EFI");
    // The image is written when it is unmounted again.
    REQUIRE(std::holds_alternative<std::string>(second.tree[3].bytes));
    CHECK(std::get<std::string>(second.tree[3].bytes) == "second");
}

TEST_CASE("an EFI system partition that cannot be read is no image without its files") {
    ScratchSystem system;
    model::Machine machine = test::mirror_uefi_machine();
    machine.disks.erase(machine.disks.begin());
    system.unmountable = {"/dev/nvme1n1p1"};
    util::Progress progress;
    const auto snapshots =
        cli::esp_snapshots(system, machine, system.root() + "/scratch", progress);
    REQUIRE_FALSE(snapshots);
    CHECK(snapshots.error().message ==
          "the EFI system partition /dev/nvme1n1p1: cannot mount /dev/nvme1n1p1");
}
