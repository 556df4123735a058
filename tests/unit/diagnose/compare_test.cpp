// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnose/diagnose.h"

#include "../support/example_machine.h"

#include <algorithm>
#include <doctest/doctest.h>

using namespace mdrescue;
using diagnose::MachineMatch;

namespace {

/// As the agent sees it: nothing runs, the disks come in another order under other names and ids.
model::Machine shuffled(model::Machine machine) {
    std::rotate(machine.disks.begin(), machine.disks.begin() + 1, machine.disks.end());
    std::swap(machine.disks.front(), machine.disks.back());
    std::map<std::string, std::string> renamed;
    for (std::size_t i = 0; i < machine.disks.size(); ++i) {
        renamed[machine.disks[i].id] = fmt::format("seen{}", i);
        machine.disks[i].id = fmt::format("seen{}", i);
        machine.disks[i].kernel_name = std::string("sd") + static_cast<char>('a' + i);
        machine.disks[i].position.clear();
    }
    for (auto &array : machine.arrays) {
        array.kernel_name.clear();
        array.slots_up.clear();
        for (auto &member : array.members)
            member.device.disk = renamed[member.device.disk];
    }
    return machine;
}

std::string seen_as(const model::Machine &machine, const std::string &serial) {
    const auto found = std::find_if(machine.disks.begin(), machine.disks.end(),
                                    [&](const model::Disk &disk) { return disk.serial == serial; });
    return found == machine.disks.end() ? "none" : found->id;
}

void erase_members_on(model::Machine &machine, const std::string &id) {
    for (auto &array : machine.arrays)
        std::erase_if(array.members, [&](const auto &member) { return member.device.disk == id; });
}

void remove_disk(model::Machine &machine, const std::string &id) {
    std::erase_if(machine.disks, [&](const model::Disk &disk) { return disk.id == id; });
    erase_members_on(machine, id);
}

/// A disk with the content of another and a serial of its own, the first of all; its members are
/// the last of each array.
void put_twin_beside(model::Machine &machine, const std::string &id, const std::string &twin) {
    model::Disk copy = *model::find_disk(machine, id);
    copy.id = twin;
    copy.serial = "OTHER";
    machine.disks.insert(machine.disks.begin(), copy);
    for (auto &array : machine.arrays) {
        model::ArrayMember member =
            *std::find_if(array.members.begin(), array.members.end(),
                          [&](const auto &candidate) { return candidate.device.disk == id; });
        member.device.disk = twin;
        array.members.push_back(member);
    }
}

model::Disk blank_disk(const std::string &id, const std::string &serial) {
    model::Disk disk;
    disk.id = id;
    disk.kernel_name = "sdz";
    disk.size = test::journal_disk_sectors * 512;
    disk.model = "QEMU HARDDISK";
    disk.serial = serial;
    return disk;
}

const diagnose::DiskMatch &match_of(const diagnose::Comparison &comparison,
                                    const std::string &recorded) {
    return *std::find_if(comparison.disks.begin(), comparison.disks.end(),
                         [&](const auto &match) { return match.recorded == recorded; });
}

void forget_serials(model::Machine &machine, const std::string &serial) {
    for (auto &disk : machine.disks) {
        disk.serial = serial;
        disk.wwn.clear();
    }
}

} // namespace

/// What the disks have in common in virtual machines and after careless cloning.
void blur(model::Machine &machine, const std::string &how) {
    if (how != "serials")
        forget_serials(machine, how == "equal serials" ? "QM00001" : "");
    if (how == "equal tables")
        for (auto &disk : machine.disks)
            disk.table->id = "0xdeadbeef";
}

void check_whole(const std::string &metadata, const std::string &how) {
    CAPTURE(metadata);
    CAPTURE(how);
    auto recorded = test::profile_of(test::linux_journal_machine(metadata));
    auto observed = shuffled(recorded.machine);
    std::map<std::string, std::string> expected;
    for (const auto &disk : recorded.machine.disks)
        expected[disk.id] = seen_as(observed, disk.serial);
    blur(recorded.machine, how);
    blur(observed, how);

    const auto comparison = diagnose::compare(recorded, observed);
    CHECK(comparison.match == MachineMatch::same);
    for (const auto &match : comparison.disks) {
        CHECK(match.observed.value_or("missing") == expected[match.recorded]);
        CHECK_FALSE(match.other_hardware);
    }
    CHECK(match_of(comparison, "disk4").reason == "member of md0 in slot 2 and md1 in slot 3");
    CHECK(comparison.new_disks.empty());
    CHECK(comparison.duplicates.empty());
    REQUIRE(comparison.arrays.size() == 2);
    CHECK(comparison.arrays[0].slots == "[UUUUU]");
    CHECK(comparison.arrays[1].redundancy_left == 1);
    CHECK(comparison.foreign_arrays.empty());
}

TEST_CASE("the whole machine under other names, with and without serials, either metadata") {
    for (const std::string metadata : {"0.90", "1.2"})
        for (const std::string how : {"serials", "no serials", "equal serials", "equal tables"})
            check_whole(metadata, how);
}

TEST_CASE("a blank disk at the same position is new, the recorded one missing") {
    for (const std::string serial : {"QM00001", ""}) {
        auto recorded = test::profile_of(test::linux_journal_machine());
        forget_serials(recorded.machine, serial);
        auto observed = recorded.machine;
        erase_members_on(observed, "disk1");
        observed.disks[0] = blank_disk("fresh", serial);
        observed.disks[0].position = recorded.machine.disks[0].position;
        observed.disks[0].kernel_name = "sda";
        for (auto &array : observed.arrays)
            array.kernel_name.clear();
        const auto comparison = diagnose::compare(recorded, observed);
        CHECK(comparison.match == MachineMatch::same);
        CHECK_FALSE(match_of(comparison, "disk1").observed);
        CHECK(comparison.new_disks == std::vector<std::string>{"fresh"});
        CHECK(comparison.arrays[0].slots == "[UUUUU]");
        CHECK(comparison.arrays[1].slots == "[_UUUUU]");
        CHECK(comparison.arrays[1].degraded);
        CHECK(comparison.arrays[1].redundancy_left == 0);
    }
}

TEST_CASE("a wiped disk is known by its serial and model, or its WWN") {
    const auto recorded = test::profile_of(test::mirror_uefi_machine());
    auto observed = recorded.machine;
    erase_members_on(observed, "disk2");
    const auto original = observed.disks[1];
    observed.disks[1] = blank_disk("wiped", original.serial);
    SUBCASE("serial and model") {
        observed.disks[1].model = original.model;
        CHECK(match_of(diagnose::compare(recorded, observed), "disk2").reason == "serial");
    }
    SUBCASE("WWN") {
        observed.disks[1].serial.clear();
        observed.disks[1].wwn = original.wwn;
        CHECK(match_of(diagnose::compare(recorded, observed), "disk2").reason == "WWN");
    }
    SUBCASE("the same serial on another model is another disk") {
        CHECK_FALSE(match_of(diagnose::compare(recorded, observed), "disk2").observed);
    }
}

TEST_CASE("the disk that was replaced, put in beside the one that took its place (FAULTS 16)") {
    const auto recorded = test::profile_of(test::linux_journal_machine("1.2"));
    auto observed = recorded.machine;
    put_twin_beside(observed, "disk4", "successor");
    for (auto &array : observed.arrays) // md gave its members identities of their own
        array.members.back().device_uuid = "99999999:99999999:99999999:99999999";
    const auto comparison = diagnose::compare(recorded, observed);
    REQUIRE(comparison.duplicates.size() == 1);
    CHECK(comparison.duplicates[0].observed == std::vector<std::string>{"disk4", "successor"});

    SUBCASE("a copy of its partition table alone is no such thing") {
        erase_members_on(observed, "successor");
        CHECK(diagnose::compare(recorded, observed).duplicates.empty());
    }
}

TEST_CASE("a clone is reported; the original's serial decides which one is meant") {
    auto recorded = test::profile_of(test::linux_journal_machine("1.2"));
    auto observed = recorded.machine;
    put_twin_beside(observed, "disk3", "clone");
    SUBCASE("both here") {
        const auto comparison = diagnose::compare(recorded, observed);
        CHECK(match_of(comparison, "disk3").observed == "disk3");
        CHECK(comparison.new_disks == std::vector<std::string>{"clone"});
        REQUIRE(comparison.duplicates.size() == 1);
        CHECK(comparison.duplicates[0].recorded == "disk3");
        CHECK(comparison.duplicates[0].observed == std::vector<std::string>{"disk3", "clone"});
    }
    SUBCASE("only the clone") {
        remove_disk(observed, "disk3");
        const auto comparison = diagnose::compare(recorded, observed);
        CHECK(match_of(comparison, "disk3").observed == "clone");
        CHECK(match_of(comparison, "disk3").other_hardware);
        CHECK(comparison.duplicates.empty());
    }
    SUBCASE("the original wiped, the clone alive: the data is on the clone") {
        erase_members_on(observed, "disk3");
        auto &original = *std::find_if(observed.disks.begin(), observed.disks.end(),
                                       [](const auto &disk) { return disk.id == "disk3"; });
        original.content = {};
        original.table.reset();
        const auto comparison = diagnose::compare(recorded, observed);
        CHECK(match_of(comparison, "disk3").observed == "clone");
        CHECK(comparison.new_disks == std::vector<std::string>{"disk3"});
    }
}

TEST_CASE("one disk does not answer for two recorded ones") {
    // Disk 3 was written over with disk 2's content: it answers for disk 2, and disk 3 is gone.
    auto recorded = test::profile_of(test::linux_journal_machine("1.2"));
    auto observed = recorded.machine;
    const std::string serial = observed.disks[2].serial;
    remove_disk(observed, "disk3");
    observed.disks[1].serial = serial;
    const auto comparison = diagnose::compare(recorded, observed);
    CHECK(match_of(comparison, "disk2").observed == "disk2");
    CHECK_FALSE(match_of(comparison, "disk3").observed);
    CHECK(comparison.new_disks.empty());
}

TEST_CASE("a spare that took over a slot is still itself") {
    for (const std::string metadata : {"0.90", "1.2"}) {
        auto recorded = test::profile_of(test::linux_journal_machine(metadata));
        auto &array = recorded.machine.arrays[1];
        array.members[5].slot = -1;
        array.slots = 5;
        auto observed = recorded.machine;
        remove_disk(observed, "disk1");
        observed.arrays[1].members.back().slot = 0;
        const auto comparison = diagnose::compare(recorded, observed);
        CHECK_FALSE(match_of(comparison, "disk1").observed);
        CHECK(match_of(comparison, "disk6").observed == "disk6");
    }
}

TEST_CASE("another machine, no machine") {
    const auto recorded = test::profile_of(test::linux_journal_machine());
    const auto other = diagnose::compare(recorded, test::mirror_uefi_machine());
    CHECK(other.match == MachineMatch::other);
    CHECK(other.new_disks.size() == 2);
    CHECK(other.foreign_arrays.size() == 2);
    CHECK(other.arrays[1].slots == "[______]");
    CHECK_FALSE(other.arrays[1].found);
    CHECK(other.arrays[1].redundancy_left == -1);

    model::Machine blanks;
    blanks.disks = {blank_disk("a", ""), blank_disk("b", "")};
    CHECK(diagnose::compare(recorded, blanks).match == MachineMatch::unknown);
    CHECK(diagnose::compare(recorded, {}).match == MachineMatch::unknown);
    CHECK(diagnose::compare({}, blanks).new_disks.size() == 2);

    // A foreign disk plugged into the right machine changes nothing but the list of foreign arrays.
    auto both = recorded.machine;
    auto foreign = test::mirror_uefi_machine();
    foreign.disks[0].id = "guest";
    both.disks.push_back(foreign.disks[0]);
    both.arrays.push_back(foreign.arrays[0]);
    const auto comparison = diagnose::compare(recorded, both);
    CHECK(comparison.match == MachineMatch::same);
    CHECK(comparison.new_disks == std::vector<std::string>{"guest"});
    CHECK(comparison.foreign_arrays.size() == 1);

    // A recorded array of which only a spare is here proves nothing.
    auto spare = recorded.machine;
    for (auto &array : spare.arrays) {
        array.kernel_name.clear();
        for (auto &member : array.members)
            member.slot = -1;
    }
    CHECK(diagnose::compare(recorded, spare).match == MachineMatch::unknown);
}
