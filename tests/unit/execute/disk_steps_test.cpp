// SPDX-License-Identifier: GPL-3.0-or-later
#include "disk_fixture.h"

#include <doctest/doctest.h>

using namespace mdrescue;
using namespace mdrescue::execute;
using diagnose::Fitness;
using test::DiskFixture;
using test::mib;
using Kind = Status::Kind;
using Lines = std::vector<std::string>;

namespace {

constexpr const char *ext4_lines = "ID_FS_TYPE=ext4\nID_FS_USAGE=filesystem\nID_FS_UUID_ENC="
                                   "a849efc9-b26a-57d5-9d7b-9d940ccc17ff\n";

/// Marked and partitioned: what the steps after these two find.
struct Prepared : DiskFixture {
    Prepared() {
        put_marker();
        put_table();
    }
};

void give_another_disk_the_name(DiskFixture &f) { f.sysfs("block/sdc/serial", "SERIAL-sda"); }

} // namespace

// --- MarkDisk, UnmarkDisk ---

TEST_CASE("mark: written to a blank disk, exclusively, at its place") {
    DiskFixture f;
    CHECK(check(f.context, f.mark).kind == Kind::not_done);
    REQUIRE(apply(f.context, f.mark));
    CHECK(check(f.context, f.mark).kind == Kind::done);
    REQUIRE(f.system.device_writes.size() == 1);
    CHECK(f.system.device_writes[0].path == "/dev/sdc");
    CHECK(f.system.device_writes[0].offset == 7 * mib);
    CHECK(f.system.device_writes[0].claim == system::Claim::exclusive);
    CHECK(f.system.files["/dev/sdc"].substr(7 * mib, 4096) == f.mark.bytes);
    REQUIRE(apply(f.context, f.mark)); // nothing more to do
    CHECK(f.system.device_writes.size() == 1);
}

TEST_CASE("mark: never on a disk that is not blank any more") {
    for (const std::uint64_t where : {std::uint64_t{510}, mib - 1, 7 * mib, 7 * mib + 4095}) {
        CAPTURE(where);
        DiskFixture f;
        f.put("/dev/sdc", where, "x");
        CHECK(check(f.context, f.mark).kind == Kind::blocked);
        CHECK_FALSE(apply(f.context, f.mark));
        CHECK(f.untouched());
    }
    // the operator read what is on it and typed its serial
    DiskFixture f;
    f.put("/dev/sdc", 510, "x");
    f.plan.replacements[0].fitness = Fitness::ask;
    CHECK(apply(f.context, f.mark));
}

TEST_CASE("mark: never on another disk, an unfit one, or a survivor") {
    DiskFixture f;
    give_another_disk_the_name(f);
    CHECK_FALSE(apply(f.context, f.mark));
    CHECK(f.untouched());
    DiskFixture unfit;
    unfit.plan.replacements[0].fitness = Fitness::unfit;
    CHECK_FALSE(apply(unfit.context, unfit.mark));
    CHECK(unfit.untouched());
    DiskFixture survivor;
    survivor.mark.disk = "disk2";
    CHECK_FALSE(apply(survivor.context, survivor.mark));
    CHECK(survivor.untouched());
}

TEST_CASE("mark: a resumed disk carries its marker already, or it is another one") {
    Prepared f;
    f.plan.replacements[0].fitness = Fitness::resumed;
    CHECK(check(f.context, f.mark).kind == Kind::done);
    f.put("/dev/sdc", 7 * mib, "X");
    CHECK(check(f.context, f.mark).kind == Kind::blocked);
    CHECK_FALSE(apply(f.context, f.mark));
    CHECK(f.untouched());
}

TEST_CASE("unmark: only over this disk's own marker, while its partitions are in use") {
    Prepared f;
    f.plan.steps = {f.mark, f.table, f.unmark};
    CHECK(check(f.context, f.unmark).kind == Kind::not_done);
    REQUIRE(apply(f.context, f.unmark));
    REQUIRE(f.system.device_writes.size() == 1);
    CHECK(f.system.device_writes[0].claim == system::Claim::shared);
    CHECK(f.system.files["/dev/sdc"].substr(7 * mib, 4096) == std::string(4096, '\0'));
    CHECK(check(f.context, f.unmark).kind == Kind::done);
    REQUIRE(apply(f.context, f.unmark));
    CHECK(f.system.device_writes.size() == 1);

    DiskFixture other;
    other.put("/dev/sdc", 7 * mib, "somebody's data");
    CHECK(check(other.context, other.unmark).kind == Kind::done);
    CHECK(apply(other.context, other.unmark));
    CHECK(other.untouched());
    Prepared renamed;
    give_another_disk_the_name(renamed);
    CHECK_FALSE(apply(renamed.context, renamed.unmark));
    CHECK(renamed.untouched());
}

TEST_CASE("unmark: not while something put on the disk is not as recorded") {
    DiskFixture f;
    f.put_marker();
    f.plan.steps = {f.table, f.unmark};
    CHECK_FALSE(apply(f.context, f.unmark));
    CHECK(f.untouched());
}

// --- WriteTable ---

TEST_CASE("table: written as recorded, read back, and used by the kernel") {
    DiskFixture f;
    f.put_marker();
    CHECK(check(f.context, f.table).kind == Kind::not_done);
    REQUIRE(apply(f.context, f.table));
    CHECK(f.writers() == Lines{"sfdisk --wipe always --wipe-partitions always /dev/sdc"});
    CHECK(f.script() == plan::sfdisk_script(f.table.table, 512));
    CHECK(check(f.context, f.table).kind == Kind::done);
    REQUIRE(apply(f.context, f.table));
    CHECK(f.writers().size() == 1);
}

TEST_CASE("table: each field that differs is seen") {
    const auto seen = [](const char *from, const char *to) {
        Prepared f;
        REQUIRE(check(f.context, f.table).kind == Kind::done);
        f.change_table("/dev/sdc", from, to);
        return check(f.context, f.table).kind == Kind::not_done;
    };
    CHECK(seen("\"start\":2048", "\"start\":2049"));
    CHECK(seen("\"size\":8192", "\"size\":8191"));
    CHECK(seen("\"type\":\"fd\"", "\"type\":\"83\""));
    CHECK(seen("\"bootable\":true", "\"bootable\":false"));
    CHECK(seen("0x5c0d1a01", "0x5c0d1a02"));
    CHECK(seen("sdc2", "sdc3"));
    CHECK(seen("\"bootable\":true", "\"name\":\"x\",\"bootable\":true"));
    CHECK(seen("\"bootable\":true", "\"uuid\":\"x\",\"bootable\":true"));
    CHECK(seen("\"bootable\":true", "\"attrs\":\"x\",\"bootable\":true"));
    const auto more = [](auto change) {
        Prepared f;
        change(f.table.table);
        return check(f.context, f.table).kind == Kind::not_done;
    };
    CHECK(more([](auto &table) { table.label = "gpt"; }));
    CHECK(more([](auto &table) { table.first_usable = 34; }));
    CHECK(more([](auto &table) { table.last_usable = 34; }));
    CHECK(more([](auto &table) { table.entry_count = 128; }));
    CHECK(more([](auto &table) { table.partitions.pop_back(); }));
}

TEST_CASE(
    "table: not on another disk, nor without its marker, nor while something on it is in use") {
    const auto refused = [](auto change) {
        DiskFixture f;
        f.put_marker();
        change(f);
        return !apply(f.context, f.table) && f.untouched();
    };
    CHECK(refused(give_another_disk_the_name));
    CHECK(refused([](DiskFixture &f) { f.put("/dev/sdc", 7 * mib, "X"); }));
    CHECK(refused([](DiskFixture &f) { f.plan.replacements.clear(); }));
    CHECK(refused([](DiskFixture &f) { f.sysfs("class/block/sdc/holders/dm-0", ""); }));
    CHECK(refused([](DiskFixture &f) {
        f.add_partition("sdc", 1, 2048, 2048);
        f.sysfs("class/block/sdc1/holders/md9", "");
    }));
    CHECK(refused([](DiskFixture &f) {
        f.add_partition("sdc", 1, 2048, 2048);
        f.system.files["/proc/self/mountinfo"] += "23 22 8:33 / /x rw - ext4 /dev/other rw\n";
    }));
    CHECK(refused([](DiskFixture &f) {
        f.add_partition("sdc", 1, 2048, 2048);
        f.system.files["/proc/swaps"] += "/dev/sdc1 partition 1000 0 -2\n";
    }));
    CHECK(refused([](DiskFixture &f) { f.system.files.erase("/proc/self/mountinfo"); }));
}

TEST_CASE("table: without room for a marker, a blank disk must still be empty") {
    DiskFixture f;
    std::erase_if(f.plan.steps, [](const plan::Step &step) {
        return std::holds_alternative<plan::MarkDisk>(step);
    });
    f.signatures["/dev/sdc"] = ext4_lines;
    CHECK(check(f.context, f.table).kind == Kind::blocked);
    CHECK_FALSE(apply(f.context, f.table));
    CHECK(f.untouched());
    f.signatures["/dev/sdc"] = "ID_PART_TABLE_TYPE=dos\n";
    CHECK(check(f.context, f.table).kind == Kind::blocked);
    f.plan.replacements[0].fitness = Fitness::ask;
    CHECK(check(f.context, f.table).kind == Kind::not_done);
    f.plan.replacements[0].fitness = Fitness::blank;
    f.signatures.clear();
    CHECK(apply(f.context, f.table));
}

TEST_CASE("table: waits for the kernel, but not for ever; what sfdisk says is not believed") {
    DiskFixture f;
    f.put_marker();
    f.kernel_reads_table = false;
    int looks = 0;
    f.system.on_sleep = [&] {
        if (++looks == 5) {
            f.add_partition("sdc", 1, 2048, 2048);
            f.add_partition("sdc", 2, 4096, 8192);
        }
    };
    REQUIRE(apply(f.context, f.table));
    CHECK(looks == 5);

    DiskFixture never;
    never.put_marker();
    never.kernel_reads_table = false;
    CHECK_FALSE(apply(never.context, never.table));
    CHECK(never.system.clock.time_since_epoch() < std::chrono::minutes(2));

    DiskFixture wrong;
    wrong.put_marker();
    wrong.system.program = [](const system::Command &) { return system::Output{}; };
    wrong.add_partition("sdc", 1, 2048, 2048);
    wrong.add_partition("sdc", 2, 4096, 8192);
    CHECK_FALSE(apply(wrong.context, wrong.table));
    DiskFixture failing;
    failing.put_marker();
    failing.statuses["sfdisk"] = 1;
    CHECK_FALSE(apply(failing.context, failing.table));
}

TEST_CASE("table: on 4 KiB sectors the kernel counts in 512 bytes; an extended partition has a "
          "token size") {
    Prepared f;
    f.table.logical_sector = 4096;
    CHECK(check(f.context, f.table).kind == Kind::not_done);
    f.add_partition("sdc", 1, std::uint64_t{2048} * 8, 2048 * 8);
    f.add_partition("sdc", 2, std::uint64_t{4096} * 8, 8192 * 8);
    CHECK(check(f.context, f.table).kind == Kind::done);
    Prepared extended;
    extended.table.table.partitions[1].type = "f";
    extended.put_table();
    extended.add_partition("sdc", 2, 4096, 2);
    CHECK(check(extended.context, extended.table).kind == Kind::done);
}

// --- WipeSignatures ---

TEST_CASE("wipe: what the plan did not put there goes, the rest stays") {
    Prepared f;
    CHECK(check(f.context, f.wipe).kind == Kind::done);
    f.signatures["/dev/sdc1"] = ext4_lines;
    CHECK(check(f.context, f.wipe).kind == Kind::not_done);
    f.put("/dev/sdc2", 4096, test::superblock_1_2(test::raid_uuid, 0, "AAA")); // our own
    REQUIRE(apply(f.context, f.wipe));
    CHECK(f.writers() == Lines{"wipefs --all /dev/sdc1"});
    CHECK(check(f.context, f.wipe).kind == Kind::done);
    CHECK(f.system.device_writes.empty());
}

TEST_CASE("wipe: an md superblock at the end, which blkid does not tell of") {
    Prepared f;
    const std::uint64_t end_0_90 = (std::uint64_t{8192} - 128) * 512;
    f.put("/dev/sdc2", end_0_90, test::superblock_0_90(0xdead));
    CHECK(check(f.context, f.wipe).kind == Kind::not_done);
    REQUIRE(apply(f.context, f.wipe));
    CHECK(f.system.files["/dev/sdc2"].find_first_not_of('\0') == std::string::npos);
    REQUIRE(f.system.device_writes.size() == 1);
    CHECK(f.system.device_writes[0].offset == end_0_90);
    CHECK(f.system.device_writes[0].claim == system::Claim::exclusive);

    // damaged, and beside a member of our own array
    Prepared damaged;
    damaged.put("/dev/sdc2", end_0_90, test::superblock_0_90(0xdead).substr(0, 20) + "x");
    damaged.put("/dev/sdc2", 4096, test::superblock_1_2(test::raid_uuid, 0, "AAA"));
    CHECK(check(damaged.context, damaged.wipe).kind == Kind::not_done);
    REQUIRE(apply(damaged.context, damaged.wipe));
    CHECK(check(damaged.context, damaged.wipe).kind == Kind::done);
}

TEST_CASE("wipe: another array's member, another UUID, or a table inside are not the plan's own") {
    for (const int variant : {0, 1, 2, 3, 4}) {
        CAPTURE(variant);
        Prepared f;
        if (variant == 0)
            f.put("/dev/sdc2", 4096,
                  test::superblock_1_2("11111111:22222222:33333333:44444444", 0, "AAA"));
        if (variant == 1) // the member's place is taken by the right array on the wrong partition
            f.put("/dev/sdc1", 4096, test::superblock_1_2(test::raid_uuid, 0, "AAA"));
        if (variant == 2)
            f.signatures["/dev/sdc1"] = "ID_FS_TYPE=swap\nID_FS_USAGE=other\nID_FS_UUID_ENC=x\n";
        if (variant == 3)
            f.signatures["/dev/sdc2"] = "ID_PART_TABLE_TYPE=gpt\n";
        if (variant == 4) { // our own swap, and an old member's end
            f.signatures["/dev/sdc1"] =
                "ID_FS_TYPE=swap\nID_FS_USAGE=other\nID_FS_UUID_ENC=" + test::swap_uuid + "\n";
            f.put("/dev/sdc1", (2048 - 128) * 512, test::superblock_0_90(1));
        }
        CHECK(check(f.context, f.wipe).kind == Kind::not_done);
    }
    Prepared own;
    own.signatures["/dev/sdc1"] =
        "ID_FS_TYPE=swap\nID_FS_USAGE=other\nID_FS_UUID_ENC=" + test::swap_uuid + "\n";
    CHECK(check(own.context, own.wipe).kind == Kind::done);
}

TEST_CASE("wipe: not on another disk, nor what is in use, nor what cannot be read") {
    const auto refused = [](auto change) {
        Prepared f;
        f.signatures["/dev/sdc1"] = ext4_lines;
        change(f);
        return !apply(f.context, f.wipe) && f.untouched();
    };
    CHECK(refused(give_another_disk_the_name));
    CHECK(refused([](DiskFixture &f) { f.put("/dev/sdc", 7 * mib, "X"); }));
    CHECK(refused([](DiskFixture &f) { f.sysfs("class/block/sdc1/holders/md9", ""); }));
    CHECK(refused([](DiskFixture &f) { f.system.unreadable.insert("/dev/sdc2"); }));
    Prepared failing;
    failing.signatures["/dev/sdc1"] = ext4_lines;
    failing.system.program = [&](const system::Command &command) {
        return command.argv[0] == "blkid" && command.argv.back() == "/dev/sdc1"
                   ? system::Output{0, ext4_lines, ""}
                   : system::Output{command.argv[0] == "blkid" ? 2 : 0, "", ""};
    };
    CHECK_FALSE(apply(failing.context, failing.wipe)); // still there
}

// --- MakeWritable ---

TEST_CASE("writable: read-only arrays only, and the recorded one") {
    DiskFixture f;
    CHECK(check(f.context, f.writable).kind == Kind::not_done);
    REQUIRE(apply(f.context, f.writable));
    CHECK(f.writers() == Lines{"mdadm --readwrite /dev/md127"});
    CHECK(check(f.context, f.writable).kind == Kind::done);
    f.md("array_state", "read-auto");
    CHECK(check(f.context, f.writable).kind == Kind::not_done);
    for (const char *state : {"clean", "active", "active-idle", "write-pending"}) {
        f.md("array_state", state);
        CHECK(check(f.context, f.writable).kind == Kind::done);
    }
    for (const char *state : {"clear", "inactive", "broken"}) {
        f.md("array_state", state);
        CHECK(check(f.context, f.writable).kind == Kind::blocked);
    }
}

TEST_CASE("writable: md127 may be another array by now") {
    DiskFixture f;
    for (const char *device : {"/dev/sda2", "/dev/sdb2"})
        f.put(device, 4096, test::superblock_1_2("11111111:22222222:33333333:44444444", 1, "AAA"));
    CHECK_FALSE(apply(f.context, f.writable));
    CHECK(f.untouched());
    DiskFixture stays;
    stays.system.program = [](const system::Command &) { return system::Output{}; };
    CHECK_FALSE(apply(stays.context, stays.writable));
}

// --- AddMember ---

TEST_CASE("add: an empty partition becomes a member") {
    Prepared f;
    CHECK(check(f.context, f.add).kind == Kind::not_done);
    REQUIRE(apply(f.context, f.add));
    CHECK(f.writers() == Lines{"mdadm --manage /dev/md127 --add /dev/sdc2"});
    CHECK(check(f.context, f.add).kind == Kind::done);
    REQUIRE(apply(f.context, f.add));
    CHECK(f.writers().size() == 1);
}

TEST_CASE("add: mdadm would take anything; this does not") {
    const auto refused = [](auto change) {
        Prepared f;
        change(f);
        return check(f.context, f.add).kind == Kind::blocked && !apply(f.context, f.add) &&
               f.untouched();
    };
    CHECK(refused([](DiskFixture &f) { f.signatures["/dev/sdc2"] = ext4_lines; }));
    CHECK(refused([](DiskFixture &f) { f.signatures["/dev/sdc2"] = "ID_PART_TABLE_TYPE=dos\n"; }));
    CHECK(refused([](DiskFixture &f) {
        f.signatures["/dev/sdc2"] = "ID_FS_AMBIVALENT=filesystem:ext4:1.0\\x20other:swap:1\n";
    }));
    // the only member of another array, at either end
    CHECK(refused([](DiskFixture &f) {
        f.put("/dev/sdc2", 4096,
              test::superblock_1_2("11111111:22222222:33333333:44444444", 0, "A.."));
    }));
    CHECK(refused(
        [](DiskFixture &f) { f.put("/dev/sdc2", (8192 - 128) * 512, test::superblock_0_90(1)); }));
    // … also behind our own superblock
    CHECK(refused([](DiskFixture &f) {
        f.put("/dev/sdc2", 4096, test::superblock_1_2(test::raid_uuid, 0, "AAA"));
        f.put("/dev/sdc2", (8192 - 128) * 512, test::superblock_0_90(1));
    }));
    CHECK(refused([](DiskFixture &f) {
        f.put("/dev/sdc2", 4096, test::superblock_1_2(test::raid_uuid, 0, "AAA").substr(0, 100));
    }));
    CHECK(refused([](DiskFixture &f) {
        f.put("/dev/sdc2", 4096, test::superblock_1_2(test::raid_uuid, 0, "AAA"));
        f.put("/dev/sdc2", (8192 - 128) * 512, test::superblock_0_90(1).substr(0, 20) + "x");
    }));
    CHECK(refused([](DiskFixture &f) { f.statuses["blkid"] = 4; }));
    CHECK(refused([](DiskFixture &f) { f.system.unreadable.insert("/dev/sdc2"); }));
    CHECK(refused([](DiskFixture &f) { f.add_partition("sdc", 2, 4096, 2048 + 4096 - 8); }));
    CHECK(refused([](DiskFixture &f) {
        std::erase_if(f.system.files, [](const auto &file) {
            return file.first.starts_with("/sys/class/block/sdc2/");
        });
    }));
    // md127 is another array by now
    CHECK(refused([](DiskFixture &f) {
        for (const char *device : {"/dev/sda2", "/dev/sdb2"})
            f.put(device, 4096,
                  test::superblock_1_2("11111111:22222222:33333333:44444444", 1, "AAA"));
    }));
}

TEST_CASE("add: exactly large enough is enough") {
    Prepared f;
    f.add_partition("sdc", 2, 4096, 2048 + 4096);
    CHECK(check(f.context, f.add).kind == Kind::not_done);
    f.context.observed.arrays[0].metadata = "0.90";
    f.add_partition("sdc", 2, 4096, 4096 + 127);
    CHECK(check(f.context, f.add).kind == Kind::blocked);
    f.add_partition("sdc", 2, 4096, 4096 + 128);
    CHECK(check(f.context, f.add).kind == Kind::not_done);
    f.context.observed.arrays[0].metadata = "1.0";
    f.add_partition("sdc", 2, 4096, 4096 + 16);
    CHECK(check(f.context, f.add).kind == Kind::not_done);
    f.add_partition("sdc", 2, 4096, 4096 + 15);
    CHECK(check(f.context, f.add).kind == Kind::blocked);
}

TEST_CASE("add: not to another disk, nor without its marker, nor what is in use") {
    const auto refused = [](auto change) {
        Prepared f;
        change(f);
        return !apply(f.context, f.add) && f.untouched();
    };
    CHECK(refused(give_another_disk_the_name));
    CHECK(refused([](DiskFixture &f) { f.put("/dev/sdc", 7 * mib, "X"); }));
    CHECK(refused([](DiskFixture &f) { f.sysfs("class/block/sdc2/holders/dm-1", ""); }));
    CHECK(refused([](DiskFixture &f) { f.plan.replacements.clear(); }));
}

TEST_CASE("add: done is a superblock and a place in the running array, not what mdadm says") {
    Prepared f;
    f.adding_works = false;
    CHECK_FALSE(apply(f.context, f.add));
    // only the superblock: added before a power cut, left out since
    f.put("/dev/sdc2", 4096, test::superblock_1_2(test::raid_uuid, 0, "AAA"));
    CHECK(check(f.context, f.add).kind == Kind::not_done);
    f.adding_works = true;
    CHECK(apply(f.context, f.add));
    // only in the array
    Prepared g;
    g.add_to_array("sdc2", 0, "spare");
    CHECK(check(g.context, g.add).kind == Kind::blocked);
    // md had write errors on it
    f.add_to_array("sdc2", 0, "faulty");
    CHECK(check(f.context, f.add).kind == Kind::blocked);
}

namespace {

/// disk1 itself is back, out of date; it is no replacement.
struct Returning : DiskFixture {
    Returning() {
        put_table();
        add.role = plan::AddMember::Role::returning;
        plan.replacements.clear();
        plan.steps = {add};
        put("/dev/sdc2", 4096, test::superblock_1_2(test::raid_uuid, 0, "AAA"));
    }
};

} // namespace

TEST_CASE("add: a returning member is taken back, without a marker") {
    Returning f;
    CHECK(check(f.context, f.add).kind == Kind::not_done);
    REQUIRE(apply(f.context, f.add));
    CHECK(f.writers() == Lines{"mdadm --manage /dev/md127 --add /dev/sdc2"});
}

TEST_CASE("add: what returns must be the recorded member and not the other half of a split brain") {
    const auto refused = [](auto change) {
        Returning f;
        change(f);
        return !apply(f.context, f.add) && f.untouched();
    };
    // it went on alone, and so did the others
    CHECK(refused([](DiskFixture &f) {
        f.put("/dev/sdc2", 4096, test::superblock_1_2(test::raid_uuid, 0, "A.A"));
    }));
    CHECK(
        refused([](DiskFixture &f) { f.profile.machine.arrays[0].members[0].device_uuid = "x"; }));
    CHECK(refused([](DiskFixture &f) { f.put("/dev/sdc2", 4096, std::string(4096, '\0')); }));
    CHECK(refused([](DiskFixture &f) {
        f.put("/dev/sdc2", 4096,
              test::superblock_1_2("11111111:22222222:33333333:44444444", 0, "AAA"));
    }));
    CHECK(refused(give_another_disk_the_name));
    CHECK(refused([](DiskFixture &f) { f.sysfs("class/block/sdc2/holders/md9", ""); }));
}

// --- MakeFilesystem ---

TEST_CASE("filesystem: made on an empty partition and looked at") {
    Prepared f;
    CHECK(check(f.context, f.swap).kind == Kind::not_done);
    REQUIRE(apply(f.context, f.swap));
    CHECK(f.writers() ==
          Lines{"mkswap --uuid " + test::swap_uuid + " --pagesize 4096 /dev/sdc1 1024"});
    CHECK(check(f.context, f.swap).kind == Kind::done);
    REQUIRE(apply(f.context, f.swap));
    CHECK(f.writers().size() == 1);
}

TEST_CASE("filesystem: never over anything that is not the plan's own") {
    const auto refused = [](auto change) {
        Prepared f;
        change(f);
        return check(f.context, f.swap).kind == Kind::blocked && !apply(f.context, f.swap) &&
               f.untouched();
    };
    CHECK(refused([](DiskFixture &f) { f.signatures["/dev/sdc1"] = ext4_lines; }));
    CHECK(refused([](DiskFixture &f) {
        f.signatures["/dev/sdc1"] = "ID_FS_TYPE=swap\nID_FS_USAGE=other\nID_FS_UUID_ENC=other\n";
    }));
    CHECK(refused([](DiskFixture &f) {
        f.put("/dev/sdc1", 4096, test::superblock_1_2(test::raid_uuid, 0, "AAA"));
    }));
    CHECK(refused([](DiskFixture &f) { f.signatures["/dev/sdc1"] = "ID_PART_TABLE_TYPE=dos\n"; }));
    CHECK(refused([](DiskFixture &f) { f.system.unreadable.insert("/dev/sdc1"); }));
    CHECK(refused([](DiskFixture &f) { f.swap.filesystem.type = "xfs"; }));
}

TEST_CASE("filesystem: not on another disk, nor without its marker, nor what is in use") {
    const auto refused = [](auto change) {
        Prepared f;
        change(f);
        return !apply(f.context, f.swap) && f.untouched();
    };
    CHECK(refused(give_another_disk_the_name));
    CHECK(refused([](DiskFixture &f) { f.put("/dev/sdc", 7 * mib, "X"); }));
    CHECK(refused([](DiskFixture &f) {
        f.system.files["/proc/swaps"] += "/dev/sdc1 partition 1000 0 -2\n";
    }));
    Prepared lying;
    lying.system.program = [](const system::Command &command) {
        return system::Output{command.argv[0] == "blkid" ? 2 : 0, "", ""};
    };
    CHECK_FALSE(apply(lying.context, lying.swap));
}

namespace {

/// An ext4 of the plan on sdc1.
struct Ext : Prepared {
    explicit Ext(std::uint32_t reserved = 12) {
        step.filesystem = {"ext4",
                           "11111111-1111-1111-1111-111111111111",
                           "",
                           {{"block_size", "1024"},
                            {"blocks", "1024"},
                            {"features", "filetype"},
                            {"reserved_blocks", "12"}}};
        plan.steps.push_back(step);
        signatures["/dev/sdc1"] = "ID_FS_TYPE=ext4\nID_FS_USAGE=filesystem\nID_FS_UUID_ENC="
                                  "11111111-1111-1111-1111-111111111111\n";
        write(reserved);
        system.program = [this, play = system.program](const system::Command &command) {
            if (command.argv[0] == "e2fsck")
                return system::Output{whole ? 0 : 4, "", ""};
            if (command.argv[0] == "tune2fs" || command.argv[0] == "mke2fs")
                write(12), whole = true;
            return play(command);
        };
    }
    void write(std::uint32_t reserved) {
        std::string block(1024, '\0');
        util::put_little_endian<std::uint32_t>(block, 4, 1024);
        util::put_little_endian<std::uint32_t>(block, 8, reserved);
        util::put_little_endian<std::uint16_t>(block, 0x38, 0xef53);
        util::put_little_endian<std::uint32_t>(block, 0x4c, 1);
        util::put_little_endian<std::uint32_t>(block, 0x60, features);
        block.replace(0x68, 16, std::string(16, '\x11'));
        put("/dev/sdc1", 1024, block);
    }
    plan::MakeFilesystem step{{"disk1", 1}, {}};
    bool whole = true;
    std::uint32_t features = 2;
};

} // namespace

TEST_CASE("filesystem: what mke2fs could not be told is set by tune2fs, nothing is made again") {
    Ext f(99);
    CHECK(check(f.context, f.step).kind == Kind::not_done);
    REQUIRE(apply(f.context, f.step));
    CHECK(f.writers() == Lines{"tune2fs -r 12 /dev/sdc1"});
    CHECK(check(f.context, f.step).kind == Kind::done);
}

TEST_CASE("filesystem: half made or not as recorded is made again") {
    Ext torn;
    CHECK(check(torn.context, torn.step).kind == Kind::done);
    torn.whole = false;
    CHECK(check(torn.context, torn.step).kind == Kind::not_done);
    REQUIRE(apply(torn.context, torn.step));
    REQUIRE(torn.writers().size() == 1);
    CHECK(torn.writers()[0].starts_with("mke2fs "));

    Ext other;
    other.features = 2 | 0x40;
    other.write(12);
    CHECK(check(other.context, other.step).reason.find("features") != std::string::npos);
    CHECK_FALSE(apply(other.context, other.step)); // stays so here
    // no superblock at all, though blkid told of one
    Ext gone;
    gone.put("/dev/sdc1", 1024, std::string(1024, '\0'));
    CHECK(check(gone.context, gone.step).kind == Kind::not_done);
}

TEST_CASE("filesystem: one that is mounted is not examined by fsck, and not made again") {
    Ext f;
    f.whole = false;
    f.system.files["/proc/self/mountinfo"] += "23 22 8:33 / /boot rw - ext4 /dev/sdc1 rw\n";
    CHECK(check(f.context, f.step).kind == Kind::done);
    f.features = 0;
    f.write(12);
    CHECK_FALSE(apply(f.context, f.step));
    CHECK(f.untouched());
}
