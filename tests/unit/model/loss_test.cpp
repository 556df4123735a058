// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/loss.h"

#include "../support/example_machine.h"

#include <doctest/doctest.h>

using namespace mdrescue;
using model::Start;

TEST_CASE("the article's two failures") {
    const auto machine = test::linux_journal_machine();
    const auto raid_only = model::loss_of(machine, machine.disks[3]);
    CHECK(raid_only.start == Start::yes);
    CHECK(raid_only.gone.empty());
    REQUIRE(raid_only.arrays.size() == 2);
    CHECK(raid_only.arrays[0].slots == "[UU_UU]");
    CHECK(raid_only.arrays[1].slots == "[UUU_UU]");
    CHECK(raid_only.arrays[1].redundancy_left == 0);
    CHECK_FALSE(raid_only.boot_loader_here);

    const auto first = model::loss_of(machine, machine.disks[0]);
    CHECK(first.start == Start::no);
    CHECK(first.boot_gone);
    CHECK(first.last_boot_loader);
    CHECK_FALSE(first.root_gone);
    REQUIRE(first.gone.size() == 1);
    CHECK(first.gone[0].target == "/boot");
    REQUIRE(first.arrays.size() == 1);
    CHECK(first.arrays[0].slots == "[_UUUUU]");
}

TEST_CASE("a filesystem over two arrays dies with either") {
    auto machine = test::linux_journal_machine();
    const std::string root = machine.arrays[1].content.uuid;
    machine.arrays[0].content = machine.arrays[1].content;
    CHECK(model::locate(machine, root).arrays ==
          std::vector{machine.arrays[0].uuid, machine.arrays[1].uuid});
    machine.arrays[0].level = 0;
    CHECK(model::loss_of(machine, machine.disks[1]).root_gone);
}

TEST_CASE("a UEFI mirror: LVM is followed to its array, an ESP in fstab stops the start") {
    auto machine = test::mirror_uefi_machine();
    const auto root = model::locate(machine, "22222222-3333-4444-8555-666666666666");
    CHECK(root.arrays == std::vector<std::string>{"0c0c0c0c:77778888:9999aaaa:bbbbcccc"});
    CHECK(root.parts.empty());
    CHECK_FALSE(model::locate(machine, "").known());
    CHECK_FALSE(model::locate(machine, "no such").known());

    CHECK(model::loss_of(machine, machine.disks[0]).start == Start::stops); // /boot/efi is on it
    CHECK(model::loss_of(machine, machine.disks[1]).start == Start::yes);
    CHECK_FALSE(model::loss_of(machine, machine.disks[0]).last_boot_loader);

    // The second disk's ESP is only good with a fallback loader or a boot entry of its own.
    machine.disks[1].boot_loaders[0].files = {"\\EFI\\debian\\shimx64.efi"};
    CHECK(model::loss_of(machine, machine.disks[0]).last_boot_loader);
    CHECK(model::loss_of(machine, machine.disks[0]).start == Start::no);
    machine.firmware.boot_entries.push_back(
        {4, "second", true, machine.disks[1].table->partitions[0].uuid, "", ""});
    CHECK(model::loss_of(machine, machine.disks[0]).start == Start::stops);
}

TEST_CASE("what cannot be told is said to be unknown") {
    auto machine = test::mirror_uefi_machine();
    machine.volume_groups.clear(); // as if inside LUKS: nobody knows where root lies
    CHECK(model::loss_of(machine, machine.disks[1]).start == Start::unknown);
    machine = test::linux_journal_machine();
    machine.disks[0].boot_loaders = {{model::BootLoader::Kind::other_mbr_code, 0, {}}};
    CHECK(model::loss_of(machine, machine.disks[3]).start == Start::unknown);
}

TEST_CASE("a RAID-0 dies with any member; swap alone does not stop the start") {
    auto machine = test::linux_journal_machine();
    machine.arrays[0].level = 0;
    const auto loss = model::loss_of(machine, machine.disks[2]);
    CHECK(loss.arrays[0].redundancy_left == -1);
    REQUIRE(loss.gone.size() == 1);
    CHECK(loss.gone[0].type == "swap");
    CHECK(loss.start == Start::yes);
    machine.arrays[1].level = 0;
    CHECK(model::loss_of(machine, machine.disks[2]).root_gone);
    CHECK(model::loss_of(machine, machine.disks[2]).start == Start::no);
}
