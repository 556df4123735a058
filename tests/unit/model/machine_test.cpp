// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/machine.h"

#include "../support/example_machine.h"

#include <doctest/doctest.h>

using namespace mdrescue::model;

namespace {

Array array_of(int level, unsigned slots, std::uint32_t layout = 0) {
    Array array;
    array.level = level;
    array.slots = slots;
    array.layout = layout;
    for (unsigned slot = 0; slot < slots; ++slot) {
        ArrayMember member;
        member.slot = static_cast<int>(slot);
        member.events = 100;
        member.array_state = std::string(slots, 'A');
        array.members.push_back(member);
    }
    return array;
}

Array without(Array array, std::vector<unsigned> slots) {
    for (const unsigned slot : slots)
        std::erase_if(array.members, [&](const ArrayMember &member) {
            return member.slot == static_cast<int>(slot);
        });
    return array;
}

constexpr std::uint32_t near_2 = 0x102, near_3 = 0x103, far_2 = 0x201, offset_2 = 0x10201,
                        far_sets = 0x40201;

} // namespace

TEST_CASE("a running array is shown by its slots, whatever its superblocks say") {
    Array array = array_of(5, 5);
    array.kernel_name = "md0";
    array.slots_up = {true, true, false, true, true};
    CHECK(slot_map(array) == "[UU_UU]");
    CHECK(degraded(array));
    CHECK(redundancy_left(array) == 0);
    array.slots_up.clear(); // assembled but not started
    CHECK(slot_map(array) == "[UUUUU]");
}

TEST_CASE("an array that does not run is shown by the members that agree with the newest one") {
    Array array = array_of(5, 4);
    CHECK(slot_map(array) == "[UUUU]");
    CHECK_FALSE(degraded(array));

    SUBCASE("a stale member is not up") {
        array.members[2].events = 98;
        CHECK(slot_map(array) == "[UU_U]");
        CHECK(redundancy_left(array) == 0);
    }
    SUBCASE("one event less is what a power cut between two superblock writes leaves") {
        array.members[2].events = 99;
        CHECK(slot_map(array) == "[UUUU]");
    }
    SUBCASE("one event less, but the newest member says it failed") {
        array.members[2].events = 99;
        for (const unsigned newest : {0U, 1U, 3U})
            array.members[newest].array_state = "AA.A";
        CHECK(slot_map(array) == "[UU_U]");
    }
    SUBCASE("a member that is being rebuilt is not up") {
        array.members[0].recovery_offset = 4096;
        CHECK(slot_map(array) == "[_UUU]");
    }
    SUBCASE("a spare does not decide which event count is the newest") {
        ArrayMember spare;
        spare.slot = -1;
        spare.events = 5000;
        array.members.push_back(spare);
        CHECK(slot_map(array) == "[UUUU]");
    }
    SUBCASE("a slot being replaced is up") {
        for (auto &member : array.members)
            member.array_state = "ARAA";
        CHECK(slot_map(array) == "[UUUU]");
    }
    SUBCASE("missing and impossible slots") {
        array.members.erase(array.members.begin());
        array.members[0].slot = 4000000;
        CHECK(slot_map(array) == "[__UU]");
        CHECK(redundancy_left(array) == -1);
    }
    SUBCASE("split brain: each half says the other failed; only one of them counts") {
        Array mirror = array_of(1, 2);
        mirror.members[0].array_state = "A.";
        mirror.members[1].array_state = ".A";
        CHECK(slot_map(mirror) == "[U_]");
    }
}

TEST_CASE("redundancy by level") {
    CHECK(redundancy_left(array_of(1, 3)) == 2);
    CHECK(redundancy_left(without(array_of(1, 3), {0, 2})) == 0);
    CHECK(redundancy_left(without(array_of(1, 2), {0, 1})) == -1);
    CHECK(redundancy_left(array_of(4, 4)) == 1);
    CHECK(redundancy_left(without(array_of(5, 6), {1, 2})) == -1);
    CHECK(redundancy_left(array_of(6, 6)) == 2);
    CHECK(redundancy_left(without(array_of(6, 6), {1, 2})) == 0);
    CHECK(redundancy_left(without(array_of(6, 6), {1, 2, 5})) == -1);
    for (const int level : {0, -1}) {
        CHECK(redundancy_left(array_of(level, 2)) == 0);
        CHECK(redundancy_left(without(array_of(level, 2), {1})) == -1);
    }
}

TEST_CASE("RAID-10 is counted by its worst chunk") {
    CHECK(redundancy_left(array_of(10, 4, near_2)) == 1);
    CHECK(redundancy_left(without(array_of(10, 4, near_2), {0})) == 0);
    CHECK(redundancy_left(without(array_of(10, 4, near_2), {0, 2})) == 0);  // of two mirrors
    CHECK(redundancy_left(without(array_of(10, 4, near_2), {0, 1})) == -1); // both of one mirror
    CHECK(redundancy_left(without(array_of(10, 4, near_2), {1, 2})) == 0);
    CHECK(redundancy_left(without(array_of(10, 3, near_2), {0})) == 0); // copies run over the end
    CHECK(redundancy_left(without(array_of(10, 3, near_2), {0, 2})) == -1);
    CHECK(redundancy_left(array_of(10, 6, near_3)) == 2);
    // Far and offset: the copy of slot n lies on n + 1, so neighbours must not both go.
    for (const auto layout : {far_2, offset_2}) {
        CHECK(redundancy_left(array_of(10, 4, layout)) == 1);
        CHECK(redundancy_left(without(array_of(10, 4, layout), {0, 2})) == 0);
        CHECK(redundancy_left(without(array_of(10, 4, layout), {1, 2})) == -1);
    }
    // Far sets of two: 0-1 and 2-3 hold each other's copies, 1-2 do not.
    CHECK(redundancy_left(without(array_of(10, 4, far_sets), {1, 2})) == 0);
    CHECK(redundancy_left(without(array_of(10, 4, far_sets), {2, 3})) == -1);
    CHECK(redundancy_left(array_of(10, 5, far_sets)) == 1); // the last set takes the odd slot
}

TEST_CASE("a spoilt array description is answered, not crashed on") {
    CHECK(slot_map(Array{}) == "[]");
    CHECK(redundancy_left(array_of(10, 0, near_2)) == -1);
    CHECK(redundancy_left(array_of(10, 4, 0)) == 0);
    CHECK(redundancy_left(array_of(10, 4, 0xffffffff)) == 3);
    CHECK(redundancy_left(array_of(10, 1, 0xffff)) == 0);
}

TEST_CASE("look-ups by disk and partition") {
    const Machine machine = mdrescue::test::linux_journal_machine();
    REQUIRE(find_disk(machine, "disk4") != nullptr);
    CHECK(find_disk(machine, "disk4")->kernel_name == "sdd");
    CHECK(find_disk(machine, "sdd") == nullptr);
    REQUIRE(find_partition(machine, {"disk1", 1}) != nullptr);
    CHECK(find_partition(machine, {"disk1", 1})->type == "83");
    CHECK(find_partition(machine, {"disk1", 0}) == nullptr);
    CHECK(find_partition(machine, {"disk1", 7}) == nullptr);
    REQUIRE(find_content(machine, {"disk1", 1}) != nullptr);
    CHECK(find_content(machine, {"disk1", 1})->filesystem->label == "/boot");
    CHECK(find_content(machine, {"disk1", 0})->kind == Content::Kind::partitioned);
    CHECK(find_content(machine, {"disk9", 0}) == nullptr);
    REQUIRE(find_file(machine, "/etc/fstab") != nullptr);
    CHECK(find_file(machine, "/etc/shadow") == nullptr);
}

TEST_CASE("EFI system partitions are known by their type, as each kind of table has it") {
    Disk disk = mdrescue::test::mirror_uefi_disk(1);
    Partition &first = disk.table->partitions[0];
    CHECK(is_esp(*disk.table, first));
    CHECK(is_native_esp(*disk.table, first));
    CHECK_FALSE(is_esp(*disk.table, disk.table->partitions[1]));
    first.content.kind = Content::Kind::md_member;
    CHECK(is_esp(*disk.table, first));
    CHECK_FALSE(is_native_esp(*disk.table, first));
    first.type = "ef";
    CHECK_FALSE(is_esp(*disk.table, first));
    disk.table->label = "dos";
    CHECK(is_esp(*disk.table, first));
}

TEST_CASE("EFI system partitions are known by their boot loaders") {
    const Disk disk = mdrescue::test::mirror_uefi_disk(1);
    REQUIRE(find_esp(disk, 1) != nullptr);
    CHECK(find_esp(disk, 1)->files.size() == 3);
    CHECK(find_esp(disk, 2) == nullptr);
    CHECK(find_esp(mdrescue::test::linux_journal_disk(1), 0) == nullptr);
    CHECK(esp_snapshot_path({"disk2", 1}) == "mdrescue/esp/disk2-1");
}

TEST_CASE("device paths for people") {
    Disk disk;
    disk.kernel_name = "sda";
    CHECK(device_path(disk, 0) == "/dev/sda");
    CHECK(device_path(disk, 2) == "/dev/sda2");
    disk.kernel_name = "nvme0n1";
    CHECK(device_path(disk, 0) == "/dev/nvme0n1");
    CHECK(device_path(disk, 2) == "/dev/nvme0n1p2");
}

TEST_CASE("level names") {
    CHECK(level_name(5) == "RAID-5");
    CHECK(level_name(10) == "RAID-10");
    CHECK(level_name(-1) == "linear");
}
