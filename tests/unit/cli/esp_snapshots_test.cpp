// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/esp_snapshots.h"

#include "../support/example_machine.h"

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
