// SPDX-License-Identifier: GPL-3.0-or-later
#include "../payload/scratch.h"

#include "diagnose/marker.h"
#include "plan/describe.h"
#include "plan/filesystems.h"
#include "probe/filesystem.h"
#include "probe/json_reports.h"
#include "probe/signatures.h"
#include "profile/profile.h"
#include "system/system.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

// What is recorded, made again by the programs themselves, on plain files, and recorded again.

using namespace mdrescue;
using model::Filesystem;

namespace {

std::string run(const std::vector<std::string> &argv, const std::string &input = {}) {
    const auto system = system::real_system();
    const auto output = system->run({.argv = argv, .input = input});
    REQUIRE(output);
    CAPTURE(fmt::format("{}", fmt::join(argv, " ")));
    CAPTURE(output->err);
    REQUIRE(output->status == 0);
    return output->out;
}

std::string blank(const Scratch &scratch, std::uint64_t bytes) {
    const std::string path = scratch.write("disk", "");
    std::filesystem::resize_file(path, bytes);
    return path;
}

Filesystem recorded(const std::string &path) {
    const auto signature = probe::parse_signature(run({"blkid", "-p", "-o", "udev", path}));
    Filesystem filesystem{signature.type, signature.uuid, signature.label, {}};
    const auto place = probe::superblock_bytes(signature.type);
    const auto bytes = system::real_system()->read_at(path, place.offset, place.length);
    REQUIRE(bytes);
    REQUIRE(probe::describe_filesystem(*bytes, filesystem));
    return filesystem;
}

/// Made from nothing but the record.
Filesystem made_again(const Scratch &scratch, const Filesystem &wanted, std::uint64_t bytes) {
    const std::string path = blank(scratch, bytes);
    run(plan::make_command(wanted, path));
    const auto adjust = plan::adjust_command(wanted, recorded(path), path);
    if (!adjust.empty())
        run(adjust);
    CHECK(plan::adjust_command(wanted, recorded(path), path).empty());
    CHECK(plan::differences(wanted, recorded(path)).empty());
    return recorded(path);
}

void check_same(const Filesystem &wanted, const Filesystem &found) {
    CHECK(found.type == wanted.type);
    CHECK(found.uuid == wanted.uuid);
    CHECK(found.label == wanted.label);
    for (const auto &[key, value] : wanted.parameters) {
        CAPTURE(key);
        CHECK(found.parameters.at(key) == value);
    }
    CHECK(found == wanted);
}

/// mkfs once as an administrator would, then again from the record.
void check_round_trip(std::vector<std::string> argv, std::uint64_t bytes,
                      const std::vector<std::string> &tuning = {}) {
    CAPTURE(fmt::format("{}", fmt::join(argv, " ")));
    const Scratch scratch;
    const std::string path = blank(scratch, bytes);
    argv.push_back(path);
    run(argv);
    if (!tuning.empty()) {
        std::vector<std::string> tune = tuning;
        tune.push_back(path);
        run(tune);
    }
    const Filesystem wanted = recorded(path);
    REQUIRE(plan::can_make(wanted));
    check_same(wanted, made_again(scratch, wanted, bytes));
}

model::Machine example() {
    const auto text = bytes_of(MDRESCUE_SOURCE_DIR "/examples/linux-journal/machine.json");
    const auto profile = profile::from_json(text);
    REQUIRE(profile);
    return profile->machine;
}

constexpr std::uint64_t mib = 1U << 20U;

} // namespace

TEST_CASE("the example machine's /boot comes out as it was recorded") {
    const model::Machine machine = example();
    const model::Partition *boot = model::find_partition(machine, {"disk1", 1});
    REQUIRE(boot != nullptr);
    REQUIRE(boot->content.filesystem);
    const Scratch scratch;
    check_same(*boot->content.filesystem,
               made_again(scratch, *boot->content.filesystem, boot->size * 512));
}

TEST_CASE("filesystems of other shapes come out as they were recorded") {
    const model::Machine machine = example();
    const Scratch scratch;
    for (const model::Array &array : machine.arrays)
        if (array.content.filesystem && array.size < 2048 * mib)
            check_same(*array.content.filesystem,
                       made_again(scratch, *array.content.filesystem, array.size));
}

TEST_CASE("XFS of many shapes") {
    check_round_trip({"mkfs.xfs", "-q"}, 300 * mib);
    check_round_trip({"mkfs.xfs", "-q", "-L", "\xff q\"$(x)"}, 1000 * mib + 12345);
    check_round_trip({"mkfs.xfs", "-q", "-m", "rmapbt=1,reflink=0,bigtime=0,inobtcount=0", "-i",
                      "sparse=0,nrext64=1,size=512", "-n", "size=8192", "-b", "size=1024"},
                     400 * mib);
    check_round_trip({"mkfs.xfs", "-q", "-m", "finobt=0,inobtcount=0", "-s", "size=4096"},
                     400 * mib);
    check_round_trip({"mkfs.xfs", "-q", "-d", "su=64k,sw=4"}, 600 * mib);
}

TEST_CASE("an XFS that got another UUID afterwards") {
    const Scratch scratch;
    const std::string uuid = "11111111-2222-4333-8444-555555555555";
    const std::string path = blank(scratch, 300 * mib);
    run({"mkfs.xfs", "-q", path});
    run({"xfs_admin", "-U", uuid, path});
    const Filesystem wanted = recorded(path);
    REQUIRE(plan::can_make(wanted));
    CHECK(made_again(scratch, wanted, 300 * mib).uuid == uuid);
}

TEST_CASE("ext2/3/4 of many shapes") {
    check_round_trip({"mke2fs", "-q", "-t", "ext4"}, 250 * mib);
    check_round_trip({"mke2fs", "-q", "-t", "ext4", "-L", "\xff\x1b q\"$(x)"}, 512 * mib);
    check_round_trip({"mke2fs", "-q", "-t", "ext3", "-b", "4096"}, 97 * mib + 12345);
    check_round_trip({"mke2fs", "-q", "-t", "ext2", "-I", "128", "-b", "2048"}, 64 * mib);
    check_round_trip({"mke2fs", "-q", "-t", "ext2", "-m", "0", "-N", "1000"}, 40 * mib);
    check_round_trip({"mke2fs", "-q", "-t", "ext2", "-m", "50"}, 40 * mib);
    check_round_trip({"mke2fs", "-q", "-r", "0", "-O", "none", "-I", "128"}, 20 * mib);
    check_round_trip({"mke2fs", "-q", "-t", "ext4", "-O",
                      "^resize_inode,meta_bg,metadata_csum_seed,large_dir,ea_inode,inline_data"},
                     250 * mib);
    check_round_trip(
        {"mke2fs", "-q", "-t", "ext4", "-O", "sparse_super2,^64bit,uninit_bg,^metadata_csum"},
        1100 * mib);
    check_round_trip({"mke2fs", "-q", "-t", "ext4", "-O", "mmp,stable_inodes,orphan_file", "-G",
                      "64", "-J", "size=9", "-e", "panic"},
                     1100 * mib);
    check_round_trip(
        {"mke2fs", "-q", "-t", "ext4", "-b", "4096", "-E", "stride=16,stripe_width=64"}, 300 * mib);
    // what an ext3 of 2003 has from its own time
    check_round_trip({"mke2fs", "-q", "-t", "ext3", "-I", "128"}, 250 * mib,
                     {"tune2fs", "-c", "27", "-i", "15552000s", "-r", "1234", "-o",
                      "journal_data_ordered,^acl,bsdgroups", "-E", "hash_alg=tea"});
}

TEST_CASE("FAT of many shapes") {
    for (const std::uint64_t size :
         {3 * mib, 33 * mib - 1024, 100 * mib, 512 * mib, 524 * mib + 512, 1024 * mib}) {
        CAPTURE(size);
        check_round_trip({"mkfs.vfat", "-n", "EFI-1", "-h", "2048"}, size);
        check_round_trip({"mkfs.vfat", "-a", "-i", "0000BEEF"}, size);
        check_round_trip({"mkfs.vfat", "-F", "32", "-s", "1", "-f", "1"}, size);
        check_round_trip({"mkfs.vfat", "-S", "4096"}, size);
    }
}

TEST_CASE("swap") {
    check_round_trip({"mkswap", "-L", "swap $(x)"}, 100 * mib);
    check_round_trip({"mkswap"}, 100 * mib + 2048);
}

namespace {

std::string written_table(const Scratch &scratch, const model::PartitionTable &table,
                          std::uint64_t size) {
    const std::string path = blank(scratch, size);
    run({"sfdisk", "-q", "--wipe", "always", "--wipe-partitions", "always", path},
        plan::sfdisk_script(table, 512));
    return path;
}

model::PartitionTable read_table(const std::string &path) {
    const auto table = probe::parse_sfdisk(run({"sfdisk", "--json", path}), "disk");
    REQUIRE(table);
    return *table;
}

void check_table(const model::PartitionTable &wanted, std::uint64_t size) {
    const Scratch scratch;
    CHECK(read_table(written_table(scratch, wanted, size)) == wanted);
}

model::Partition partition(unsigned number, std::uint64_t start, std::uint64_t size,
                           const std::string &type) {
    model::Partition made;
    made.number = number;
    made.start = start;
    made.size = size;
    made.type = type;
    return made;
}

} // namespace

TEST_CASE("partition tables come out as they were recorded, also on a larger disk") {
    model::Machine machine = example();
    for (model::Disk &disk : machine.disks) {
        for (model::Partition &each : disk.table->partitions)
            each.content = {};
        check_table(*disk.table, disk.size);
        check_table(*disk.table, disk.size * 2);
    }
}

TEST_CASE("old MBR tables: off every alignment, logical partitions, numbers with gaps") {
    model::PartitionTable table;
    table.label = "dos";
    table.id = "0x00000001";
    table.partitions = {partition(1, 63, 48132, "83"), partition(2, 48195, 100000, "5"),
                        partition(4, 160001, 12345, "fd"), partition(5, 48258, 16002, "82"),
                        partition(6, 64323, 8001, "83")};
    table.partitions[0].bootable = true;
    check_table(table, 100 * mib);
    table.partitions[1].type = "f";
    table.partitions[0].bootable = false;
    table.partitions[3].bootable = true;
    check_table(table, 100 * mib);
}

TEST_CASE("GPT: names, attributes, numbers with gaps, other sizes of the table") {
    model::PartitionTable table;
    table.label = "gpt";
    table.id = "8E2B1A50-7C0D-4F3E-9A6B-1D2C3E4F5A6B";
    table.first_usable = 34;
    table.last_usable = 100 * mib / 512 - 34;
    table.entry_count = 128;
    unsigned number = 1;
    for (const char *name :
         {"plain", "a \"quoted\" \\ back", "\xc3\xbc\xc3\xb1 \xe2\x98\x83", "tab\there",
          "comma, semi; $(reboot) `y`", " blanks around ", "a\\x41", "\\x22", "# no comment", ""}) {
        model::Partition made =
            partition(number, 2048 * number + number, 2001, "0FC63DAF-8483-4772-8E79-3D69D8477DE4");
        made.uuid = fmt::format("0A1B2C31-0100-4000-8000-0000000000{:02X}", number);
        made.name = name;
        table.partitions.push_back(made);
        number += 3;
    }
    table.partitions[1].attributes = "RequiredPartition LegacyBIOSBootable GUID:60,63";
    table.partitions[2].attributes = "GUID:63";
    check_table(table, 100 * mib);
    table.entry_count = 256;
    table.first_usable = 2048;
    table.last_usable = 100 * mib / 512 - 1000;
    check_table(table, 100 * mib);
}

TEST_CASE("the start marker outlives the writing of the table") {
    model::Machine machine = example();
    const model::Disk &disk = machine.disks[0];
    const Scratch scratch;
    const std::string path = blank(scratch, disk.size);
    const auto offset = diagnose::marker_offset(disk, disk.size);
    REQUIRE(offset);
    const std::string marker = diagnose::marker_bytes({}, "disk1");
    {
        std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
        file.seekp(static_cast<std::streamoff>(*offset));
        file << marker;
    }
    run({"sfdisk", "-q", "--wipe", "always", "--wipe-partitions", "always", path},
        plan::sfdisk_script(*disk.table, 512));
    CHECK(system::real_system()->read_at(path, *offset, marker.size()) == marker);
}
