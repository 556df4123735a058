// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/assemble.h"

#include "../support/fake_system.h"

#include <doctest/doctest.h>

using namespace mdrescue;
using namespace mdrescue::diagnose;
using execute::assemble;

namespace {

const std::string uuid = "11111111:22222222:33333333:44444444";

/// A RAID-5 of five on sda1 … sde1, all well.
model::Machine machine(int level = 5, unsigned slots = 5) {
    model::Machine result;
    model::Array array;
    array.uuid = uuid;
    array.name = "root";
    array.metadata = "1.2";
    array.level = level;
    array.slots = slots;
    for (unsigned slot = 0; slot < slots; ++slot) {
        model::Disk disk;
        disk.id = "disk" + std::to_string(slot + 1);
        disk.kernel_name = std::string("sd") + static_cast<char>('a' + slot);
        disk.table.emplace();
        result.disks.push_back(disk);
        model::ArrayMember member;
        member.device = {disk.id, 1};
        member.device_uuid = "u" + std::to_string(slot);
        member.slot = static_cast<int>(slot);
        member.events = 100;
        member.array_state = std::string(slots, 'A');
        member.clean = true;
        array.members.push_back(member);
    }
    result.arrays.push_back(array);
    return result;
}

/// The same after slot `lost` fell out while the others went on: they know, it does not.
model::Machine gone_on_without(std::size_t lost) {
    model::Machine result = machine();
    for (auto &member : result.arrays[0].members)
        if (member.slot != static_cast<int>(lost)) {
            member.events = 150;
            member.array_state[lost] = '.';
        }
    return result;
}

Assembly decide(const model::Machine &observed, const model::Machine &recorded = machine()) {
    const auto all = decide_assembly(recorded, observed);
    REQUIRE(all.size() == recorded.arrays.size());
    return all.front();
}

void remove_member(model::Machine &observed, std::size_t slot) {
    auto &members = observed.arrays[0].members;
    members.erase(members.begin() + static_cast<std::ptrdiff_t>(slot));
}

} // namespace

TEST_CASE("a whole array and a degraded one are started") {
    const Assembly whole = decide(machine());
    CHECK(whole.verdict == Verdict::start);
    CHECK(whole.members.size() == 5);
    CHECK(whole.node == "/dev/md/root");
    model::Machine degraded = gone_on_without(3);
    remove_member(degraded, 3);
    CHECK(decide(degraded).verdict == Verdict::start);
    CHECK(decide(degraded).members.size() == 4);
    // the disk was pulled while the machine was off: nobody knows it is missing
    model::Machine unaware = machine();
    remove_member(unaware, 0);
    CHECK(decide(unaware).verdict == Verdict::start);
}

TEST_CASE("a stale member is left out") {
    const Assembly assembly = decide(gone_on_without(3));
    CHECK(assembly.verdict == Verdict::start);
    CHECK(assembly.members.size() == 4);
    REQUIRE(assembly.left_out.size() == 1);
    CHECK(assembly.left_out[0].device == model::DeviceRef{"disk4", 1});
    // one event behind is current for md, but not when the others have written it off
    model::Machine close = machine();
    close.arrays[0].members[2].events = 99;
    CHECK(decide(close).members.size() == 5);
    model::Machine closer = gone_on_without(3);
    closer.arrays[0].members[3].events = 150;
    CHECK(decide(closer).members.size() == 4);
}

TEST_CASE("too few members: not started") {
    model::Machine observed = machine();
    remove_member(observed, 4);
    remove_member(observed, 0);
    CHECK(decide(observed).verdict == Verdict::too_few);
    observed.arrays.clear();
    CHECK(decide(observed).verdict == Verdict::absent);
}

TEST_CASE("a member that was being rebuilt does not count, but belongs to it") {
    model::Machine observed = machine();
    observed.arrays[0].members[1].recovery_offset = 4096;
    CHECK(decide(observed).verdict == Verdict::start);
    CHECK(decide(observed).members.size() == 5);
    remove_member(observed, 4);
    CHECK(decide(observed).verdict == Verdict::too_few);
}

TEST_CASE("dirty and degraded: only RAID-4, 5 and 6, only without a journal") {
    for (const int level : {4, 5, 6, 1, 10}) {
        CAPTURE(level);
        model::Machine observed = machine(level, 4);
        observed.arrays[0].layout = 0x102;
        for (auto &member : observed.arrays[0].members)
            member.clean = false;
        CHECK(decide(observed).verdict == Verdict::start); // whole: md repairs it later
        remove_member(observed, 0);
        const bool parity = level >= 4 && level <= 6;
        CHECK(decide(observed).verdict == (parity ? Verdict::dirty_degraded : Verdict::start));
        model::ArrayMember journal;
        journal.slot = -3;
        journal.device = {"disk1", 2};
        observed.arrays[0].members.push_back(journal);
        CHECK(decide(observed).verdict == Verdict::start);
    }
}

TEST_CASE("split brain: each half says the other is gone, whatever the event counts") {
    model::Machine observed = machine(1, 2);
    auto &members = observed.arrays[0].members;
    members[0].array_state = "A.";
    members[1].array_state = ".A";
    CHECK(decide(observed).verdict == Verdict::split_brain);
    members[0].events = 7;
    CHECK(decide(observed).verdict == Verdict::split_brain);
    members[0].array_state = "AA"; // it fell out and knows nothing: only stale
    CHECK(decide(observed).verdict == Verdict::start);
    CHECK(decide(observed).members == std::vector<model::DeviceRef>{{"disk2", 1}});
}

TEST_CASE("two devices in one slot") {
    model::Machine observed = machine();
    model::ArrayMember copy = observed.arrays[0].members[2];
    copy.device = {"disk9", 1};
    copy.device_uuid = "other";
    observed.arrays[0].members.push_back(copy);
    CHECK(decide(observed).verdict == Verdict::duplicate);
    for (auto &member : observed.arrays[0].members)
        member.array_state[2] = 'R'; // one is replacing the other
    CHECK(decide(observed).verdict == Verdict::start);
    observed.arrays[0].members.back().device_uuid = "u2"; // a cloned disk
    CHECK(decide(observed).verdict == Verdict::duplicate);
}

TEST_CASE("a 0.90 superblock seen on the disk as well as on its last partition is one member") {
    model::Machine observed = machine();
    model::ArrayMember again = observed.arrays[0].members[2];
    again.device.partition = 0;
    observed.arrays[0].members.push_back(again);
    const Assembly assembly = decide(observed);
    CHECK(assembly.verdict == Verdict::start);
    CHECK(assembly.members.size() == 5);
    CHECK(assembly.left_out.empty());
}

TEST_CASE("spares belong to the array, faulty members do not") {
    model::Machine observed = machine();
    for (const int slot : {-1, -2}) {
        model::ArrayMember member;
        member.slot = slot;
        member.device = {"disk9", static_cast<unsigned>(-slot)};
        observed.arrays[0].members.push_back(member);
    }
    const Assembly assembly = decide(observed);
    CHECK(assembly.members.size() == 6);
    CHECK(assembly.left_out == std::vector<LeftOut>{{{"disk9", 2}, "is marked faulty"}});
}

TEST_CASE("foreign arrays are not even looked at; reshaping ones are left alone") {
    model::Machine observed = machine();
    observed.arrays[0].uuid = "99999999:22222222:33333333:44444444";
    CHECK(decide(observed).verdict == Verdict::absent);
    observed = machine();
    observed.arrays[0].reshaping = true;
    CHECK(decide(observed).verdict == Verdict::reshaping);
}

TEST_CASE("a running array is left, unless it runs untouched and a member came late") {
    model::Machine observed = machine();
    observed.arrays[0].kernel_name = "md127";
    observed.arrays[0].slots_up = {true, true, true, true, true};
    CHECK(decide(observed).verdict == Verdict::running);
    observed.arrays[0].slots_up[3] = false;
    observed.arrays[0].running_state = "clean";
    CHECK(decide(observed).verdict == Verdict::running);
    observed.arrays[0].running_state = "readonly";
    CHECK(decide(observed).verdict == Verdict::restart);
    observed.arrays[0].members[3].events = 2;
    CHECK(decide(observed).verdict == Verdict::running);
}

TEST_CASE("a name from a superblock does not become a path or an option") {
    model::Machine recorded = machine();
    for (const char *name : {"../../etc/passwd", "-x", ".hidden", "a b", "$(reboot)", "\xff"}) {
        CAPTURE(name);
        recorded.arrays[0].name = name;
        CHECK(decide(machine(), recorded).node == "/dev/md/array-11111111");
    }
    recorded.arrays[0].name = "";
    recorded.arrays[0].preferred_minor = 1;
    CHECK(decide(machine(), recorded).node == "/dev/md1");
    // two arrays of one name
    recorded = machine();
    recorded.arrays.push_back(recorded.arrays[0]);
    recorded.arrays[1].uuid = "aaaaaaaa:22222222:33333333:44444444";
    CHECK(decide_assembly(recorded, machine())[1].node == "/dev/md/array-aaaaaaaa");
}

TEST_CASE("mdadm is told exactly which devices") {
    FakeSystem system;
    const model::Machine observed = gone_on_without(3);
    auto assemblies = decide_assembly(machine(), observed);
    CHECK(assemble(system, observed, assemblies));
    CHECK(system.commands ==
          std::vector<std::vector<std::string>>{
              {"mdadm", "--assemble", "--readonly", "--run", "--config=none", "--uuid=" + uuid,
               "/dev/md/root", "/dev/sda1", "/dev/sdb1", "/dev/sdc1", "/dev/sde1"}});
    CHECK(assemblies[0].error.empty());
}

TEST_CASE("an array mdadm cannot start is told, nothing is started that was not decided") {
    FakeSystem system;
    system.program = [](const system::Command &) {
        return system::Output{1, "",
                              "mdadm: failed to RUN_ARRAY /dev/md/root: Input/output error\n"};
    };
    auto assemblies = decide_assembly(machine(), machine());
    CHECK(assemble(system, machine(), assemblies));
    CHECK(assemblies[0].error.find("Input/output error") != std::string::npos);
    system.commands.clear();
    model::Machine split = machine(1, 2);
    split.arrays[0].members[0].array_state = "A.";
    split.arrays[0].members[1].array_state = ".A";
    assemblies = decide_assembly(machine(), split);
    CHECK_FALSE(assemble(system, split, assemblies));
    CHECK(system.commands.empty());
}

TEST_CASE("an array is not started without the write journal it had") {
    model::Machine observed = machine();
    observed.arrays[0].journal = true;
    CHECK(decide(observed).verdict == Verdict::journal_lost);
    model::ArrayMember journal = observed.arrays[0].members[0];
    journal.device_uuid = "journal";
    journal.slot = -3;
    observed.arrays[0].members.push_back(journal);
    CHECK(decide(observed).verdict == Verdict::start);
}
