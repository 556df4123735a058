// SPDX-License-Identifier: GPL-3.0-or-later
#include "disk_fixture.h"

#include <doctest/doctest.h>

using namespace mdrescue;
using namespace mdrescue::execute;
using test::DiskFixture;

TEST_CASE("devices and arrays are named as they are now") {
    DiskFixture f;
    CHECK(f.context.device({"disk1", 2}) == "/dev/sdc2");
    CHECK(f.context.device({"disk2", 0}) == "/dev/sda");
    CHECK(f.context.array(test::raid_uuid) == "/dev/md127");
    CHECK_FALSE(f.context.device({"disk4", 2}));
    CHECK_FALSE(f.context.array("00000000:00000000:00000000:00000000"));
    f.context.observed.arrays[0].kernel_name = "";
    CHECK(f.context.array(test::raid_uuid).error().message == "array root does not run");
}

TEST_CASE("the target is confirmed by its hardware, not by its name") {
    const auto refused = [](auto change) {
        DiskFixture f;
        f.put_marker();
        REQUIRE(confirm_target(f.context, "disk1"));
        change(f);
        CHECK_FALSE(confirm_disk(f.context, "disk1"));
        return !confirm_target(f.context, "disk1");
    };
    CHECK(refused([](DiskFixture &f) { f.sysfs("block/sdc/serial", "SERIAL-sda"); }));
    CHECK(refused([](DiskFixture &f) { f.sysfs("block/sdc/size", "16392"); }));
    CHECK(refused([](DiskFixture &f) { f.sysfs("block/sdc/device/model", "OTHER"); }));
    CHECK(refused([](DiskFixture &f) { f.sysfs("block/sdc/wwid", "naa.5000c5000304d101"); }));
    CHECK(refused([](DiskFixture &f) { f.sysfs("block/sdc/queue/logical_block_size", "4096"); }));
    CHECK(refused([](DiskFixture &f) {
        f.system.links["/sys/block/sdc"] = "../devices/pci0000:00/0000:00:09.0/virtio1/block/sdc";
    }));
    CHECK(refused([](DiskFixture &f) {
        std::erase_if(f.system.files,
                      [](const auto &file) { return file.first.starts_with("/sys/block/sdc/"); });
    }));
}

TEST_CASE("only a replacement of the plan is a target") {
    DiskFixture f;
    f.put_marker();
    CHECK(confirm_disk(f.context, "disk2"));
    CHECK_FALSE(confirm_target(f.context, "disk2"));
    CHECK_FALSE(confirm_target(f.context, "disk9"));
    // the plan's own two words for it disagree
    f.plan.disks["disk1"] = "disk1";
    CHECK_FALSE(confirm_replacement(f.context, "disk1"));
    f.plan.disks["disk1"] = "disk3";
    CHECK(confirm_target(f.context, "disk1"));
    f.context.observed.disks[2].read_only = true;
    CHECK_FALSE(confirm_target(f.context, "disk1"));
}

TEST_CASE("where the plan marks the disk, the marker must be on it") {
    DiskFixture f;
    CHECK(confirm_replacement(f.context, "disk1"));
    CHECK_FALSE(confirm_target(f.context, "disk1"));
    f.put("/dev/sdc", f.mark.offset, diagnose::marker_bytes(f.profile, "disk2"));
    CHECK_FALSE(confirm_target(f.context, "disk1"));
    std::erase_if(f.plan.steps, [](const plan::Step &step) {
        return std::holds_alternative<plan::MarkDisk>(step);
    });
    CHECK(confirm_target(f.context, "disk1"));
}

TEST_CASE("looking again: an id must go on meaning the same disk") {
    DiskFixture f;
    f.observed.arrays.clear();
    REQUIRE(look_again(f.context));
    CHECK(f.context.observed.arrays.empty());
    std::swap(f.observed.disks[0].kernel_name,
              f.observed.disks[1].kernel_name); // a name is nothing
    CHECK(look_again(f.context));
    std::swap(f.observed.disks[0].serial, f.observed.disks[2].serial);
    CHECK_FALSE(look_again(f.context));
    CHECK(f.context.observed.disks[0].serial == "SERIAL-sda");
    f.observed.disks.pop_back();
    CHECK_FALSE(look_again(f.context));
}

TEST_CASE("the journal: lines for people, objects for machines, in files and in memory") {
    FakeSystem system;
    Journal journal(system, "/run/mdrescue");
    system.sleep(std::chrono::milliseconds(12345));
    journal.note("step_done", "md1: a member was added",
                 {{"device", "/dev/sda2"}, {"raw", "\xff\n"}});
    CHECK(journal.text() == "    12.3 s  md1: a member was added\n");
    CHECK(journal.json() ==
          "{\"seconds\":12.345,\"event\":\"step_done\",\"sentence\":\"md1: a member was added\","
          "\"device\":\"/dev/sda2\",\"raw\":\"\xef\xbf\xbd\\n\"}\n");
    journal.note("end", "done");
    CHECK(system.files["/run/mdrescue/recovery.log"] == journal.text());
    CHECK(system.files["/run/mdrescue/recovery.jsonl"] == journal.json());
}

TEST_CASE("a journal that cannot be written says so once and goes on") {
    FakeSystem system;
    system.unwritable = {"/run/x/recovery.log"};
    Journal journal(system, "/run/x");
    journal.note("one", "first");
    journal.note("two", "second");
    CHECK(journal.text() == "     0.0 s  first\nThis log cannot be written to /run/x.\n"
                            "     0.0 s  second\n");
    CHECK(journal.json().ends_with("\"second\"}\n"));
    Journal in_memory(system, "");
    in_memory.note("one", "first");
    CHECK(in_memory.text() == "     0.0 s  first\n");
}
