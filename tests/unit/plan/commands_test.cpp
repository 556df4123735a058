// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/describe.h"
#include "plan/filesystems.h"

#include "../support/example_machine.h"

#include <doctest/doctest.h>

using namespace mdrescue;
using namespace mdrescue::plan;

namespace {

using Argv = std::vector<std::string>;
using Lines = std::vector<std::string>;

/// disk1 of the article died; its replacement is the observed machine's disk3, named sdx. md1 runs
/// as md127.
struct Fixture {
    Fixture() {
        observed.disks[2].kernel_name = "sdx";
        observed.arrays[1].kernel_name = "md127";
        observed.arrays[0].kernel_name = "";
        plan.disks = {{"disk1", "disk3"}, {"disk2", "gone"}};
    }
    model::Profile profile = test::profile_of(test::linux_journal_machine());
    model::Machine observed = profile.machine;
    Plan plan;

    Argv argv(const Step &step) const { return command(step, plan, {profile, observed}); }
    Lines lines(const Step &step) const { return by_hand(step, plan, {profile, observed}); }
};

model::Filesystem ext4() {
    return {"ext4",
            "a849efc9-b26a-57d5-9d7b-9d940ccc17ff",
            "/boot",
            {{"block_size", "1024"},
             {"blocks", "256000"},
             {"check_interval", "0"},
             {"default_mount_options", "12"},
             {"errors", "remount-ro"},
             {"features", "has_journal,filetype,extent,flex_bg"},
             {"flex_bg_size", "16"},
             {"hash_seed", "36f47ce5-7d10-4772-8cce-675c319deec1"},
             {"inode_size", "256"},
             {"inodes", "64000"},
             {"journal_size", "4194304"},
             {"max_mount_count", "-1"},
             {"raid_stride", "0"},
             {"raid_stripe_width", "80"},
             {"reserved_blocks", "12800"},
             {"revision", "1"}}};
}

} // namespace

TEST_CASE("programs are run on the device as it is named now") {
    const Fixture f;
    CHECK(f.argv(WriteTable{"disk1", {}, 512}) ==
          Argv{"sfdisk", "--wipe", "always", "--wipe-partitions", "always", "/dev/sdx"});
    CHECK(f.argv(WipeSignatures{"disk1", {1, 2}}) ==
          Argv{"wipefs", "--all", "/dev/sdx1", "/dev/sdx2"});
    CHECK(f.argv(MakeWritable{test::journal_root_array}) ==
          Argv{"mdadm", "--readwrite", "/dev/md127"});
    CHECK(f.argv(AddMember{test::journal_root_array, {"disk1", 2}}) ==
          Argv{"mdadm", "--manage", "/dev/md127", "--add", "/dev/sdx2"});
    CHECK(f.argv(AddMember{test::journal_root_array, {"disk1", 2}, AddMember::Role::journal}) ==
          Argv{"mdadm", "--manage", "/dev/md127", "--add-journal", "/dev/sdx2"});
    CHECK(f.argv(WaitForRebuild{{test::journal_root_array}}) ==
          Argv{"mdadm", "--wait", "/dev/md127"});
    CHECK(f.argv(MarkDisk{"disk1", 4096, ""}).empty());
}

TEST_CASE("a disk or array that is not here has no command, not one with a hole in it") {
    const Fixture f;
    CHECK(f.argv(WriteTable{"disk2", {}, 512}).empty());
    CHECK(f.argv(WriteTable{"disk4", {}, 512}).empty());
    CHECK(f.argv(WipeSignatures{"disk2", {1}}).empty());
    CHECK(f.argv(WipeSignatures{"disk1", {}}).empty());
    CHECK(f.argv(MakeWritable{test::journal_swap_array}).empty());
    CHECK(f.argv(AddMember{test::journal_swap_array, {"disk1", 1}}).empty());
    CHECK(f.argv(AddMember{test::journal_root_array, {"disk2", 1}}).empty());
    CHECK(f.argv(MakeFilesystem{{"disk2", 1}, ext4()}).empty());
    CHECK(f.argv(WaitForRebuild{{test::journal_swap_array}}).empty());
    CHECK(f.lines(WriteTable{"disk2", {}, 512}) == Lines{"# disk2 is not here"});
    CHECK(f.lines(MakeWritable{test::journal_swap_array}) == Lines{"# the array does not run"});
}

TEST_CASE("mke2fs is told everything that is recorded") {
    const Fixture f;
    CHECK(f.argv(MakeFilesystem{{"disk1", 1}, ext4()}) ==
          Argv{"mke2fs",    "-q",
               "-O",        "none,has_journal,filetype,extent,flex_bg",
               "-b",        "1024",
               "-I",        "256",
               "-N",        "64000",
               "-m",        "5.0001953125",
               "-G",        "16",
               "-J",        "size=4",
               "-e",        "remount-ro",
               "-U",        "a849efc9-b26a-57d5-9d7b-9d940ccc17ff",
               "-L",        "/boot",
               "-E",        "hash_seed=36f47ce5-7d10-4772-8cce-675c319deec1,stripe_width=80",
               "/dev/sdx1", "256000"});
    // a record that holds little: the defaults of its type
    CHECK(make_command({"ext2", "u", "", {}}, "/dev/x") ==
          Argv{"mke2fs", "-q", "-t", "ext2", "-U", "u", "/dev/x"});
}

TEST_CASE("swap and FAT") {
    CHECK(
        make_command({"swap", "u", "sw", {{"page_size", "4096"}, {"pages", "25600"}}}, "/dev/x") ==
        Argv{"mkswap", "--uuid", "u", "--label", "sw", "--pagesize", "4096", "/dev/x", "102400"});
    model::Filesystem esp{"vfat",
                          "5E1D-00A1",
                          "EFI",
                          {{"fat_bits", "32"},
                           {"sector_size", "512"},
                           {"sectors_per_cluster", "8"},
                           {"reserved_sectors", "32"},
                           {"fats", "2"},
                           {"root_entries", "0"},
                           {"hidden_sectors", "2048"},
                           {"media", "248"},
                           {"sectors", "1048572"}}};
    const Argv common{"mkfs.vfat", "-i", "5E1D00A1", "-n", "EFI", "-F", "32",   "-S", "512", "-s",
                      "8",         "-R", "32",       "-f", "2",   "-h", "2048", "-M", "0xf8"};
    const auto with = [&](Argv more) {
        Argv all = common;
        all.insert(all.end(), more.begin(), more.end());
        return all;
    };
    CHECK(make_command(esp, "/dev/x") == with({"-g", "255/63", "/dev/x", "524286"}));
    esp.parameters["sectors"] = "1048576";
    CHECK(make_command(esp, "/dev/x") == with({"-g", "64/32", "/dev/x", "524288"}));
    esp.parameters["sectors"] = "1048575";
    CHECK(make_command(esp, "/dev/x") == with({"-a", "/dev/x", "524287"}));
}

TEST_CASE("what mkfs cannot make is refused, not made otherwise") {
    CHECK(can_make(ext4()));
    CHECK(can_make({"swap", "", "", {}}));
    CHECK(can_make({"vfat", "5E1D-00A1", "EFI boot", {}}));
    for (const char *type : {"xfs", "btrfs", "ntfs", "f2fs", ""})
        CHECK_FALSE(can_make({type, "", "", {}}));
    for (const char *feature : {"bigalloc", "casefold", "encrypt", "journal_dev", "quota",
                                "FEATURE_C19", "none", "^extent", ""}) {
        CAPTURE(feature);
        model::Filesystem filesystem = ext4();
        filesystem.parameters["features"] += std::string(",") + feature;
        CHECK_FALSE(can_make(filesystem));
        CHECK(make_command(filesystem, "/dev/x").empty());
    }
    CHECK_FALSE(can_make({"vfat",
                          "5E1D-00A1",
                          "\xc3\x89"
                          "FI",
                          {}}));
    CHECK_FALSE(can_make({"vfat", "5E1D-00A1", "a/b", {}}));
    CHECK_FALSE(can_make({"vfat", "5E1D-00A1", "twelve chars", {}}));
    CHECK_FALSE(can_make({"swap", "", "sixteen letters!", {}}));
    CHECK(Fixture().lines(MakeFilesystem{{"disk1", 1}, {"xfs", "", "", {}}}) ==
          Lines{"# mdrescue cannot make this xfs again"});
}

TEST_CASE("XFS: the recorded features, no others, and no defaults of the disk") {
    const model::Filesystem wanted{"xfs",
                                   "a24ca964-fe93-4ff5-9892-0dc245177e00",
                                   "boot",
                                   {{"version", "5"},
                                    {"version_features", "46240"},
                                    {"block_size", "4096"},
                                    {"blocks", "262144"},
                                    {"agblocks", "65536"},
                                    {"sector_size", "512"},
                                    {"inode_size", "512"},
                                    {"directory_block_size", "4096"},
                                    {"stripe_unit", "16"},
                                    {"stripe_width", "64"},
                                    {"features_ro_compat", "5"},
                                    {"features_incompat", "7"}}};
    CHECK(make_command(wanted, "/dev/x") ==
          Argv{"mkfs.xfs", "-q", "-f", "-K", "-b", "size=4096", "-s", "size=512", "-d",
               "size=262144b,agsize=65536b,sunit=128,swidth=512", "-m",
               "crc=1,uuid=a24ca964-fe93-4ff5-9892-0dc245177e00,finobt=1,rmapbt=0,reflink=1,"
               "inobtcount=0,bigtime=0",
               "-i", "size=512,sparse=1,nrext64=0", "-n", "size=4096", "-L", "boot", "/dev/x"});
    const auto with = [&](const char *key, const char *value) {
        model::Filesystem other = wanted;
        other.parameters[key] = value;
        return other;
    };
    CHECK(make_command(with("stripe_unit", "0"), "/dev/x")[9] ==
          "size=262144b,agsize=65536b,noalign");
    CHECK(make_command(with("features_incompat", "199"), "/dev/x")[15] == "size=4096,parent=1");
    // The same for an older mkfs.xfs, which does not know the words, and a newer one, which may
    // make more by default.
    const auto all = make_commands(wanted, "/dev/x");
    REQUIRE(all.size() == 3);
    CHECK(all[0] == make_command(wanted, "/dev/x"));
    CHECK(all[1][13] == "size=512,sparse=1,nrext64=0,exchange=0");
    CHECK(all[1][15] == "size=4096,parent=0");
    CHECK(all[2][11] == "crc=1,uuid=a24ca964-fe93-4ff5-9892-0dc245177e00,finobt=1,rmapbt=0,"
                        "reflink=1");
    CHECK(all[2][13] == "size=512,sparse=1");
    CHECK(make_commands(with("features_incompat", "15"), "/dev/x")[2][11].ends_with("bigtime=1"));
    for (const auto &[key, value] : {std::pair{"version", "4"},
                                     {"version_features", "62624"}, // no case
                                     {"blocks", "70000"},           // too small for mkfs.xfs
                                     {"external_log", "1"},
                                     {"realtime_blocks", "1"},
                                     {"features_ro_compat", "21"},
                                     {"features_incompat", "263"},
                                     {"features_incompat", "6"}}) {
        CAPTURE(key);
        CHECK_FALSE(can_make(with(key, value)));
    }
    CHECK(differences(wanted, with("features_incompat", "3")).empty()); // UUID from the beginning
    CHECK(differences(wanted, with("features_incompat", "15")).size() == 1);
    CHECK(differences(wanted, with("features_ro_compat", "1")).size() == 1);
    CHECK(differences(wanted, with("directory_block_size", "8192")).size() == 1);
}

TEST_CASE("tune2fs does what mke2fs cannot, and nothing where all is right") {
    const model::Filesystem made = ext4();
    CHECK(adjust_command(made, made, "/dev/x").empty());
    model::Filesystem wanted = made;
    wanted.parameters["max_mount_count"] = "0"; // never, as -1
    CHECK(adjust_command(wanted, made, "/dev/x").empty());
    wanted.parameters["max_mount_count"] = "27";
    wanted.parameters["check_interval"] = "15552000";
    wanted.parameters["reserved_blocks"] = "1";
    wanted.parameters["default_mount_options"] = "36"; // user_xattr, journal_data
    wanted.parameters["raid_stripe_width"] = "0";
    CHECK(adjust_command(wanted, made, "/dev/x") == Argv{"tune2fs", "-r", "1", "-c", "27", "-i",
                                                         "15552000s", "-o", "^acl,journal_data",
                                                         "-E", "stripe_width=0", "/dev/x"});
    CHECK(adjust_command({"vfat", "", "", {}}, made, "/dev/x").empty());
}

TEST_CASE("another filesystem is told by what differs") {
    const model::Filesystem wanted = ext4();
    model::Filesystem found = wanted;
    found.parameters["inodes"] = "64008"; // rounded
    found.parameters["features"] = "extent,flex_bg,filetype,has_journal";
    CHECK(differences(wanted, found).empty());
    found.parameters["features"] = "extent,flex_bg,filetype";
    CHECK(differences(wanted, found) == Lines{"features \"extent,filetype,flex_bg\" instead of "
                                              "\"extent,filetype,flex_bg,has_journal\""});
    const auto differs = [&](auto change) {
        model::Filesystem other = wanted;
        change(other);
        return differences(wanted, other).size() == 1;
    };
    CHECK(differs([](auto &fs) { fs.uuid = "x"; }));
    CHECK(differs([](auto &fs) { fs.label = "\x1b"; }));
    CHECK(differs([](auto &fs) { fs.type = "ext3"; }));
    for (const char *key : {"block_size", "blocks", "inode_size", "hash_seed"})
        CHECK(differs([&](auto &fs) { fs.parameters[key] = "1"; }));
    CHECK(differs([](auto &fs) { fs.parameters.erase("hash_seed"); }));
}

TEST_CASE("the script for sfdisk") {
    model::PartitionTable table = *test::linux_journal_disk(1).table;
    CHECK(sfdisk_script(table, 512) == "label: dos\nlabel-id: 0x5c0d1a01\nunit: sectors\n"
                                       "sector-size: 512\n\n"
                                       "1 : start=63, size=512000, type=83, bootable\n"
                                       "2 : start=512063, size=35054415, type=fd\n");
    table = *test::mirror_uefi_disk(1).table;
    table.partitions.resize(1);
    table.partitions[0].name = "a\"\\\n$\xc3\xbc";
    table.partitions[0].attributes = "RequiredPartition GUID:60";
    CHECK(sfdisk_script(table, 4096) ==
          "label: gpt\nlabel-id: 8E2B1A51-7C0D-4F3E-9A6B-1D2C3E4F5A6B\nunit: sectors\n"
          "table-length: 128\nfirst-lba: 2048\nlast-lba: 1875384974\nsector-size: 4096\n\n"
          "1 : start=2048, size=1048576, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, "
          "uuid=0A1B2C31-0100-4000-8000-000000000001, name=\"a\\x22\\x5c\\x0a\\x24\\xc3\\xbc\", "
          "attrs=\"RequiredPartition GUID:60\"\n");
}

TEST_CASE("by hand: lines for a shell") {
    const Fixture f;
    CHECK(f.lines(WriteTable{"disk1", *f.profile.machine.disks[0].table, 512}) ==
          Lines{"sfdisk --wipe always --wipe-partitions always /dev/sdx <<'END'", "label: dos",
                "label-id: 0x5c0d1a01", "unit: sectors", "sector-size: 512",
                "1 : start=63, size=512000, type=83, bootable",
                "2 : start=512063, size=35054415, type=fd", "END"});
    CHECK(f.lines(AddMember{test::journal_root_array, {"disk1", 2}}) ==
          Lines{"mdadm --manage /dev/md127 --add /dev/sdx2"});
    CHECK(f.lines(RestoreFiles{{"disk1", 1}, "ext2", "u", "boot", "/boot"}) ==
          Lines{"# the medium is mounted on /medium", "mount -t ext2 /dev/sdx1 /mnt",
                "cp -a /medium/boot/. /mnt/", "umount /mnt"});
    CHECK(f.lines(InstallBootLoader{"disk1", model::BootLoader::Kind::grub_mbr_gap}).back() ==
          "chroot /mnt/root grub-install --target=i386-pc /dev/sdx");
    CHECK(f.lines(UnmarkDisk{"disk1", 40960}) ==
          Lines{"dd if=/dev/zero of=/dev/sdx bs=4096 count=1 seek=10 conv=notrunc,fsync"});
    for (const Step &step :
         std::vector<Step>{MarkDisk{"disk1", 0, ""}, RestoreConfiguration{}, SaveLog{}}) {
        REQUIRE(f.lines(step).size() == 1);
        CHECK(f.lines(step)[0].starts_with("# "));
    }
}

TEST_CASE(
    "by hand: labels and names do not break out of their quotes, nor reach the terminal raw") {
    const Fixture f;
    model::Filesystem filesystem{"ext2", "u", "it's $(reboot) \\", {}};
    CHECK(f.lines(MakeFilesystem{{"disk1", 1}, filesystem}) ==
          Lines{R"(mke2fs -q -t ext2 -U u -L 'it'\''s $(reboot) \' /dev/sdx1)"});
    filesystem.label = "\x1b%'";
    CHECK(f.lines(MakeFilesystem{{"disk1", 1}, filesystem}) ==
          Lines{R"x(mke2fs -q -t ext2 -U u -L "$(printf '\033\045\047')" /dev/sdx1)x"});
}

TEST_CASE("by hand: tune2fs follows where the record is not what mke2fs makes") {
    const Fixture f;
    model::Filesystem filesystem = ext4();
    CHECK(f.lines(MakeFilesystem{{"disk1", 1}, filesystem}).size() == 1);
    filesystem.parameters["max_mount_count"] = "27";
    filesystem.parameters["default_mount_options"] = "0";
    CHECK(f.lines(MakeFilesystem{{"disk1", 1}, filesystem}).back() ==
          "tune2fs -c 27 -o '^user_xattr,^acl' /dev/sdx1");
}
