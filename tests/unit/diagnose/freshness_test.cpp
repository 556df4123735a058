// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnose/freshness.h"

#include "../support/example_machine.h"

#include <algorithm>
#include <doctest/doctest.h>

using namespace mdrescue;
using diagnose::Difference;
using diagnose::Differences;
using Kind = Difference::Kind;

namespace {

constexpr std::int64_t day = 86400;

Differences differences(const model::Profile &profile, const model::Machine &now) {
    return diagnose::layout_differences(profile, now, diagnose::recognise(profile, now));
}

Differences differences(const model::Machine &recorded, const model::Machine &now) {
    return differences(test::profile_of(recorded), now);
}

std::string words(const Differences &found) {
    std::string text;
    for (const auto &difference : found)
        text +=
            fmt::format("{}: {}\n", diagnose::difference_name(difference.kind), difference.text);
    return text;
}

bool contains(const std::string &text, const std::string &part) {
    return text.find(part) != std::string::npos;
}

/// Exactly one, of that kind and with these words.
void check_one(const Differences &found, Kind kind, const std::string &part) {
    INFO(words(found));
    REQUIRE(found.size() == 1);
    CHECK(found[0].kind == kind);
    CHECK(contains(found[0].text, part));
}

/// Disk `id` is gone, and its members with it, out of arrays that run on.
void lose_disk(model::Machine &machine, const std::string &id) {
    std::erase_if(machine.disks, [&](const auto &disk) { return disk.id == id; });
    for (auto &array : machine.arrays)
        std::erase_if(array.members, [&](const auto &member) {
            if (member.device.disk != id)
                return false;
            array.slots_up[static_cast<std::size_t>(member.slot)] = false;
            return true;
        });
}

model::Machine changed(void (*change)(model::Machine &)) {
    auto machine = test::mirror_uefi_machine();
    change(machine);
    return machine;
}

} // namespace

TEST_CASE("an unchanged machine differs in nothing, whatever changes by itself") {
    for (const auto &machine : {test::linux_journal_machine(), test::linux_journal_machine("1.2"),
                                test::mirror_uefi_machine()}) {
        CHECK(words(differences(machine, machine)) == "");
        auto later = machine;
        for (auto &array : later.arrays) {
            array.sync_action = "check";
            array.running_state = "active";
            for (auto &member : array.members)
                member.events += 100;
        }
        for (auto &disk : later.disks)
            disk.kernel_name = "sdz";
        later.command_line.replace(0, later.command_line.find(' '), "BOOT_IMAGE=/other");
        later.firmware.boot_order = {0, 3};
        later.warnings = {"a warning"};
        CHECK(words(differences(machine, later)) == "");
    }
}

TEST_CASE("each change is said once, with its kind") {
    const auto mirror = test::mirror_uefi_machine();
    struct Case {
        Kind kind;
        std::string words;
        void (*change)(model::Machine &);
    };
    const std::vector<Case> all{
        {Kind::table, "/dev/nvme1n1p3 is gone",
         [](auto &machine) { machine.disks[1].table->partitions.pop_back(); }},
        {Kind::table, "/dev/nvme1n1p3 is not the recorded partition",
         [](auto &machine) { machine.disks[1].table->partitions[2].size -= 8; }},
        {Kind::table, "/dev/nvme0n1p2 is not the recorded partition",
         [](auto &machine) { machine.disks[0].table->partitions[1].uuid = "X"; }},
        {Kind::table, "another one: gpt OTHER",
         [](auto &machine) { machine.disks[0].table->id = "OTHER"; }},
        {Kind::content, "/dev/nvme0n1p1 holds vfat AAAA-0001; recorded is vfat 5E1D-00A1",
         [](auto &machine) {
             machine.disks[0].table->partitions[0].content =
                 test::filesystem_content("vfat", "AAAA-0001", "", {{"fat_bits", "32"}});
         }},
        {Kind::content, "md0 holds ext4 \"boot\"",
         [](auto &machine) { machine.arrays[0].content.filesystem->parameters["blocks"] = "9"; }},
        {Kind::content, "vg0/root holds xfs NEW",
         [](auto &machine) { machine.volume_groups[0].volumes[0].content.uuid = "NEW"; }},
        {Kind::lvm, "vg0/swap has 1 bytes; recorded are 8589934592",
         [](auto &machine) { machine.volume_groups[0].volumes[1].size = 1; }},
        {Kind::lvm, "vg0/swap is gone",
         [](auto &machine) { machine.volume_groups[0].volumes.pop_back(); }},
        {Kind::lvm, "Volume group vg0 is gone",
         [](auto &machine) { machine.volume_groups.clear(); }},
        {Kind::array, "level, size or number of members",
         [](auto &machine) { machine.arrays[0].component_size += 8; }},
        {Kind::array, "no bitmap", [](auto &machine) { machine.arrays[0].bitmap.clear(); }},
        {Kind::array, "Slot 1 of md127 is disk2 partition 3 (ffffffff",
         [](auto &machine) { machine.arrays[1].members[1].device_uuid = "ffffffff"; }},
        {Kind::array, "Spares of md0: disk2 partition 3; recorded: none",
         [](auto &machine) {
             model::ArrayMember spare;
             spare.device = {"disk2", 3};
             machine.arrays[0].members.push_back(spare);
         }},
        {Kind::kernel, "Kernel 6.1.0-57-amd64 runs; the image starts 6.1.0-56-amd64",
         [](auto &machine) { machine.kernel = "6.1.0-57-amd64"; }},
        {Kind::kernel, "other parameters: root=/dev/mapper/vg0-root ro nomodeset quiet more",
         [](auto &machine) { machine.command_line += " more"; }},
        {Kind::boot_loader, "The boot code on /dev/nvme0n1 has changed",
         [](auto &machine) { machine.disks[0].boot_areas[0].bytes = "x"; }},
        {Kind::boot_loader, "The boot loaders on /dev/nvme1n1",
         [](auto &machine) { machine.disks[1].boot_loaders[0].files.pop_back(); }},
        {Kind::boot_loader, "boot entries",
         [](auto &machine) { machine.firmware.boot_entries.pop_back(); }},
        {Kind::configuration, "/etc/fstab has changed",
         [](auto &machine) { machine.files[0].text += "# more\n"; }},
        {Kind::configuration, "/etc/fstab is gone", [](auto &machine) { machine.files.clear(); }},
        {Kind::configuration, "/etc/crypttab is new",
         [](auto &machine) {
             machine.files.push_back({"/etc/crypttab", ""});
         }},
        {Kind::machine, "called web8 now", [](auto &machine) { machine.host_name = "web8"; }},
        {Kind::disk,
         "disk1 (serial S435NA0R204711, slot pci-0000:01:00.0-nvme-1, 960 GB) is now at elsewhere",
         [](auto &machine) { machine.disks[0].position = "elsewhere"; }},
    };
    for (const auto &one : all) {
        CAPTURE(one.words);
        check_one(differences(mirror, changed(one.change)), one.kind, one.words);
    }
}

TEST_CASE("a removed member: degraded, and the disk is named; a new image would not help") {
    const auto whole = test::linux_journal_machine("1.2");
    auto now = whole;
    lose_disk(now, "disk4");
    const auto found = differences(whole, now);
    INFO(words(found));
    REQUIRE(found.size() == 3);
    CHECK(contains(words(found), "disk: disk4 (serial 3FE0EX738"));
    CHECK(contains(words(found), "degraded: md0 runs degraded [UU_UU]"));
    CHECK(contains(words(found), "degraded: md1 runs degraded [UUU_UU]"));
    // Still attached, but failed: nothing but degraded.
    now = whole;
    now.arrays[1].slots_up[3] = false;
    check_one(differences(whole, now), Kind::degraded, "md1 runs degraded [UUU_UU]");
}

TEST_CASE("a replaced disk is another one, by its serial and its members") {
    const auto whole = test::linux_journal_machine("1.2");
    auto now = whole;
    now.disks[3].serial = "NEW";
    now.arrays[0].members[2].device_uuid = "11111111:0:0:0";
    now.arrays[1].members[3].device_uuid = "22222222:0:0:0";
    const auto found = differences(whole, now);
    INFO(words(found));
    REQUIRE(found.size() == 3);
    CHECK(contains(words(found), "disk: disk4 (serial 3FE0EX738, slot "));
    CHECK(contains(words(found), "was replaced by disk4 (serial NEW"));
    CHECK(contains(words(found), "array: Slot 2 of md0 is disk4 partition 1 (11111111:0:0:0)"));
    CHECK_FALSE(diagnose::has(found, Kind::degraded));
}

TEST_CASE(
    "an old member beside a whole array: told, but nothing is degraded, and it can be recorded") {
    const auto whole = test::linux_journal_machine("1.2");
    auto now = whole;
    auto old = test::linux_journal_disk(4);
    old.id = "disk7";
    old.kernel_name = "sdg";
    old.serial = "OLD";
    old.table->id = "0x99999999";
    now.disks.push_back(old);
    for (auto &array : now.arrays) {
        auto member = *std::find_if(array.members.begin(), array.members.end(),
                                    [](const auto &one) { return one.device.disk == "disk4"; });
        member.device.disk = "disk7";
        member.device_uuid = "99999999:0:0:0";
        member.events -= 100;
        array.members.push_back(member);
    }
    const auto found = differences(whole, now);
    INFO(words(found));
    CHECK(contains(words(found), "disk: /dev/sdg is new"));
    CHECK(contains(words(found), "machine: Several disks carry the identity of disk4"));
    CHECK_FALSE(diagnose::has(found, Kind::degraded));
    CHECK(words(differences(now, now)) == "");
}

TEST_CASE("new disks are said, a stick is not, in whichever direction it goes") {
    const auto machine = test::linux_journal_machine();
    model::Disk disk;
    disk.id = "disk7";
    disk.kernel_name = "sdg";
    disk.serial = "STICK";
    disk.size = 8'000'000'000;
    auto with = machine;
    with.disks.push_back(disk);
    check_one(differences(machine, with), Kind::disk,
              "/dev/sdg is new: disk7 (serial STICK, 8.0 GB)");
    check_one(differences(with, machine), Kind::disk, "disk7 (serial STICK");
    with.disks.back().removable = true;
    CHECK(words(differences(machine, with)) == "");
    CHECK(words(differences(with, machine)) == "");
}

TEST_CASE("an image of another machine: that, and nothing else") {
    const auto found = differences(test::mirror_uefi_machine(), test::linux_journal_machine());
    check_one(found, Kind::machine, "of web7");
    auto empty = test::mirror_uefi_machine();
    empty.arrays.clear();
    check_one(differences(test::mirror_uefi_machine(), empty), Kind::degraded,
              "No array was found");
}

TEST_CASE("a machine without arrays is known by its disks") {
    auto machine = test::linux_journal_machine();
    machine.arrays.clear();
    CHECK(words(differences(machine, machine)) == "");
    auto now = machine;
    now.kernel = "7";
    check_one(differences(machine, now), Kind::kernel, "Kernel 7 runs");
    CHECK(diagnose::compare(test::profile_of(machine), machine).match ==
          diagnose::MachineMatch::unknown); // where it is written to disks it does not count
}

TEST_CASE("an array that is gone, or did not run when it was recorded either") {
    const auto whole = test::mirror_uefi_machine();
    auto now = whole;
    now.arrays.erase(now.arrays.begin());
    CHECK(contains(words(differences(whole, now)), "degraded: No member of md0 was found"));
    auto stopped = whole;
    stopped.arrays[0].kernel_name.clear();
    stopped.arrays[0].slots_up.clear();
    check_one(differences(whole, stopped), Kind::degraded, "md0 was not started: it does not run");
    CHECK(words(differences(stopped, stopped)) == "");
}

TEST_CASE("an image made of a degraded machine says so") {
    auto profile = test::profile_of(test::linux_journal_machine());
    profile.degraded = true;
    check_one(differences(profile, profile.machine), Kind::image_degraded, "degraded");
}

TEST_CASE("files of /boot: new, gone, others; kernels by version; not what changes by itself") {
    const diagnose::Files recorded{{"vmlinuz-1", "a"},     {"initrd.img-1", "b"},
                                   {"grub/grub.cfg", "c"}, {"grub/grubenv", "d"},
                                   {"same", "e"},          {"old\x1b", "f"}};
    const diagnose::Files present{{"vmlinuz-2", "a"},     {"initrd.img-1", "B"},
                                  {"grub/grub.cfg", "c"}, {"grub/grubenv", "D"},
                                  {"same", "e"},          {"new", "g"}};
    CHECK(words(diagnose::boot_differences(recorded, present)) ==
          "boot: /boot/initrd.img-1 has changed.\nboot: /boot/new is new.\n"
          "boot: /boot/old\\x1b is gone.\nkernel: Kernel 1 was removed.\n"
          "kernel: Kernel 2 was installed.\n");
    CHECK(diagnose::boot_differences(recorded, recorded).empty());
}

TEST_CASE("files of EFI system partitions, whatever their disks are called now") {
    const auto profile = test::profile_of(test::mirror_uefi_machine());
    auto now = profile.machine;
    std::swap(now.disks[0], now.disks[1]);
    now.disks[0].id = "disk1";
    now.disks[1].id = "disk2";
    for (auto &array : now.arrays)
        for (auto &member : array.members)
            member.device.disk = member.device.disk == "disk1" ? "disk2" : "disk1";
    const auto comparison = diagnose::recognise(profile, now);
    const diagnose::EspFiles recorded{{{"disk1", 1}, {{"EFI/debian/grub.cfg", "a"}}},
                                      {{"disk2", 1}, {{"EFI/debian/grub.cfg", "b"}}}};
    const diagnose::EspFiles same{{{"disk2", 1}, {{"EFI/debian/grub.cfg", "a"}}},
                                  {{"disk1", 1}, {{"EFI/debian/grub.cfg", "b"}}}};
    CHECK(diagnose::esp_differences(profile, now, comparison, recorded, same).empty());
    const diagnose::EspFiles other{{{"disk2", 1}, {{"EFI/debian/grub.cfg", "A"}}},
                                   {{"disk1", 1}, {{"EFI/debian/grub.cfg", "b"}}}};
    check_one(diagnose::esp_differences(profile, now, comparison, recorded, other), Kind::esp,
              "\\EFI\\debian\\grub.cfg on /dev/nvme0n1p1 has changed");
    check_one(diagnose::esp_differences(profile, now, comparison, {*recorded.begin()}, same),
              Kind::esp, "does not hold the files of the EFI system partition /dev/nvme1n1p1");
}

TEST_CASE("age: whole days, and none is known of the future") {
    CHECK_FALSE(diagnose::age_difference(1000, 1000 + 31 * day - 1, 30));
    const auto old = diagnose::age_difference(1000, 1000 + 31 * day, 30);
    REQUIRE(old);
    CHECK(old->kind == Kind::age);
    CHECK(old->text == "It was made 31 days ago; 30 days at most are wanted.");
    CHECK_FALSE(diagnose::age_difference(day, 0, 30));
    CHECK(contains(diagnose::age_difference(day + 1, 0, 30).value().text, "future"));
}

TEST_CASE("arrays in numbers: removed members, arrays that are gone, and new ones") {
    const auto whole = test::linux_journal_machine("1.2");
    auto now = whole;
    lose_disk(now, "disk4");
    now.arrays[0].uuid = "00000000:0:0:0";
    now.arrays[0].kernel_name = "md9";
    const auto states = diagnose::array_states(&whole, now);
    REQUIRE(states.size() == 3);
    CHECK(states[0] == diagnose::ArrayState{whole.arrays[0].uuid, "md0", 5, 5, 0, 5});
    CHECK(states[1] == diagnose::ArrayState{whole.arrays[1].uuid, "md1", 5, 6, 5, 1});
    CHECK(states[2] == diagnose::ArrayState{"00000000:0:0:0", "md9", 5, 0, 4, 1});
    CHECK(diagnose::array_states(nullptr, whole).size() == 2);
}
