// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/screens.h"

#include "example.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace mdrescue;
using namespace mdrescue::agent;

namespace {

/// All the session knows after it has started what can be started of this machine.
Facts facts_of(const model::Machine &found) {
    Facts facts;
    facts.medium = "/dev/sr0";
    facts.profile = example::profile();
    facts.assemblies = diagnose::decide_assembly(facts.profile->machine, found);
    facts.observed = example::running(found);
    facts.comparison = diagnose::compare(*facts.profile, *facts.observed);
    return facts;
}

model::Machine found_without(const std::string &disk) {
    return example::stopped(example::without(example::machine(), disk));
}

model::Disk blank_disk() {
    model::Disk disk;
    disk.id = "disk9";
    disk.kernel_name = "sda";
    disk.size = 1073741824;
    disk.serial = "NEW00001";
    disk.position = "pci-0000:00:05.0-scsi-0:0:0:0";
    return disk;
}

std::string text_of(const Lines &lines) { return rendered(lines, false); }

bool contains(const std::string &text, const std::string &part) {
    return text.find(part) != std::string::npos;
}

void check_fits(const Lines &lines) {
    for (const Line &line : lines) {
        std::size_t width = 0;
        for (const Span &span : line)
            width += columns(span.text);
        CHECK_MESSAGE(width <= screen_width, rendered({line}, false));
    }
}

} // namespace

TEST_CASE("the first disk is dead and a blank one is in its place") {
    model::Machine found = found_without("disk1");
    found.disks.push_back(blank_disk());
    const Lines lines = overview(facts_of(found));
    check_fits(lines);
    std::string expected = text_of(header(facts_of(found)));
    expected += R"(This machine: YES. It is victim: 2 of its 2 arrays are here.
  DISKS           position             serial                   size  now
  MISSING  disk1  scsi-0:0:0:0         LJ00001                1.1 GB  -
           held: /boot (ext4), member of md1, boot loader
  new             scsi-0:0:0:0         NEW00001               1.1 GB  sda
           no known content
  found    disk2  scsi-0:0:1:0         LJ00002                1.1 GB  sdb
  found    disk3  scsi-0:0:2:0         LJ00003                1.1 GB  sdc
  found    disk4  scsi-0:0:3:0         LJ00004                1.1 GB  sdd
  found    disk5  scsi-0:0:4:0         LJ00005                1.1 GB  sde
  found    disk6  scsi-0:0:5:0         LJ00006                1.1 GB  sdf
  ARRAYS
  md1      RAID-5    3.5 GB  [_UUUUU]  degraded: slot 0 missing; no further
           member may fail
  md0      RAID-5    1.0 GB  [UUUUU]   all 5 members up

  1 Guided recovery      2 Rescue shell    3 Look again
  4 Check this medium    5 Restart         6 Power off
  8 Start the installed system from here, without what is missing   9 Log
)";
    CHECK(text_of(lines) == expected);
    CHECK(contains(rendered(lines, true), "\x1b[1;31mMISSING "));
}

TEST_CASE("the header tells whose disc it is and when it was made") {
    Facts facts = facts_of(example::stopped(example::machine()));
    CHECK(contains(text_of(header(facts)), "disc of victim"));
    CHECK(contains(text_of(header(facts)), "made 2024-05-01 12:34 UTC\n"));
    facts.profile->degraded = true;
    facts.profile->machine.host_name = std::string(200, 'h');
    check_fits(header(facts));
    CHECK(contains(text_of(header(facts)), "degraded even then"));
}

TEST_CASE("another machine: whose disc it is, what is here, and no recovery") {
    model::Machine found = example::stopped(example::machine());
    for (auto &array : found.arrays)
        array.uuid.replace(0, 8, "ffffffff");
    for (auto &disk : found.disks) {
        disk.serial = "other";
        for (auto &partition : disk.table->partitions)
            partition.content.uuid.replace(0, 8, "ffffffff");
    }
    Facts facts = facts_of(found);
    facts.observed = found;
    const std::string text = text_of(overview(facts));
    CHECK(contains(text, "This machine: NO. This disc was made for victim (QEMU Standard PC);"));
    CHECK(contains(text, "not of this disc: left alone"));
    CHECK_FALSE(contains(text, "MISSING"));
    CHECK(refusal(facts) == "this disc was made for victim, and this is another machine");
}

TEST_CASE("no array at all is unknown, and refused") {
    model::Machine found;
    found.disks.push_back(blank_disk());
    const Facts facts = facts_of(found);
    const std::string text = text_of(overview(facts));
    CHECK(contains(text, "This machine: UNKNOWN. No array was found"));
    CHECK(contains(text, "[_____]"));
    CHECK(contains(text, "no member was found"));
    CHECK(contains(refusal(facts), "no array was found"));
    CHECK(refusal(facts_of(found_without("disk1"))).empty());
    CHECK(contains(refusal(Facts{}), "medium"));
}

TEST_CASE("why an array is not started is said in words") {
    const auto state = [](const model::Machine &found) {
        Facts facts = facts_of(found);
        facts.observed = found;
        return text_of(overview(facts));
    };
    model::Machine found = found_without("disk3");
    for (auto &member : found.arrays[0].members)
        member.clean = false;
    CHECK(contains(state(found), "not started: degraded and not shut down"));
    found = example::stopped(example::without(found_without("disk3"), "disk4"));
    CHECK(contains(state(found), "not started: too few members, slots 1, 2"));
    found = example::stopped(example::machine());
    found.arrays[0].reshaping = true;
    CHECK(contains(state(found), "reshaped"));
    Facts facts = facts_of(example::stopped(example::machine()));
    facts.assemblies[0].error = "mdadm ended with status 1: \x1b[2Jno";
    CHECK(contains(text_of(overview(facts)), "could not be started: mdadm"));
    CHECK_FALSE(contains(text_of(overview(facts)), "\x1b"));
}

TEST_CASE("a stale member is named") {
    model::Machine found = example::stopped(example::machine());
    for (auto &member : found.arrays[0].members)
        if (member.slot != 3) {
            member.events = 90;
            member.array_state[3] = '.';
        }
    CHECK(contains(text_of(overview(facts_of(found))),
                   "left out: /dev/sde1 is out of date: the array went on without it"));
}

TEST_CASE("the overview fits on a screen however large the machine, trouble first") {
    model::Machine recorded = example::machine();
    for (int i = 7; i < 40; ++i) {
        model::Disk disk = blank_disk();
        disk.id = fmt::format("disk{}", i);
        disk.serial = fmt::format("S{}", i);
        recorded.disks.push_back(disk);
        model::Array array = recorded.arrays[1];
        array.uuid = fmt::format("{:08x}:0:0:0", i);
        array.kernel_name = fmt::format("md{}", i);
        recorded.arrays.push_back(array);
    }
    Facts facts = facts_of(found_without("disk1"));
    facts.profile->machine = recorded;
    facts.assemblies = diagnose::decide_assembly(recorded, *facts.observed);
    facts.comparison = diagnose::compare(*facts.profile, *facts.observed);
    for (int i = 0; i < 30; ++i)
        facts.warnings.push_back(fmt::format("warning {}", i));
    const Lines lines = overview(facts);
    check_fits(lines);
    CHECK(lines.size() <= screen_rows - 2);
    CHECK(contains(text_of(lines), "MISSING  disk1"));
    CHECK(contains(text_of(lines), "7 Show all"));
    CHECK(contains(text_of(details(facts)), "warning 29"));
    check_fits(details(facts));
}

TEST_CASE("bytes from disks do not reach the terminal as they are") {
    model::Machine found = example::stopped(example::machine());
    model::Disk disk = blank_disk();
    disk.serial = "\x1b[2J$(reboot)\xff";
    disk.content = example::content(model::Content::Kind::other, "x\x1b]0;t\x07", "");
    found.disks.push_back(disk);
    Facts facts = facts_of(found);
    facts.profile->machine.host_name = "evil\x1b[31m\r\nhost";
    facts.profile->machine.disks[0].position = "pci\x1b[0m";
    facts.warnings = {"label \x1b[5m"};
    for (const Lines &lines : {overview(facts), details(facts), shell_greeting(facts)}) {
        CHECK_FALSE(contains(text_of(lines), "\x1b"));
        CHECK_FALSE(contains(text_of(lines), "\r"));
        check_fits(lines);
    }
    CHECK(contains(text_of(details(facts)), "$(reboot)"));
}

TEST_CASE("results are one line each, whatever is in the reason") {
    CHECK(rendered({result_line(Outcome::failed, "no\nsuch\x1b[0m thing")}, false) ==
          "mdrescue: RESULT failed: no\\x0asuch\\x1b[0m thing\n");
    CHECK(contains(rendered({result_line(Outcome::done, "x")}, false), "RESULT done: x"));
}

TEST_CASE("a damaged medium names its files") {
    CheckReport report;
    for (int i = 0; i < 40; ++i)
        report.damaged.push_back(fmt::format("boot/file\n{}", i));
    const Lines lines = check_result(report);
    CHECK(lines.size() < screen_rows - 3);
    CHECK(contains(text_of(lines), "boot/file\\x0a0"));
    CHECK(contains(text_of(lines), "... and 25 more"));
}

TEST_CASE("a log is wrapped beside its seconds, and shows no escape code") {
    const Lines lines =
        log_lines("     0.0 s  " + std::string(70, 'w') + " word\n    12.3 s  \x1b[2J");
    check_fits(lines);
    CHECK(text_of(lines) == "     0.0 s  " + std::string(67, 'w') + "\n            www word\n" +
                                "    12.3 s  \\x1b[2J\n");
}
