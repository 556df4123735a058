// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/missing_sources.h"

#include "../support/example_machine.h"

#include <doctest/doctest.h>
#include <set>

using namespace mdrescue;
using namespace mdrescue::execute;
using Lines = std::vector<std::string>;

namespace {

model::Machine without_disk(model::Machine machine, const std::string &id) {
    std::erase_if(machine.disks, [&](const model::Disk &disk) { return disk.id == id; });
    return machine;
}

struct Case {
    model::Machine observed;
    std::optional<model::Machine> recorded{};
    std::set<std::string> paths{};
    std::string crypttab{};

    [[nodiscard]] EditedTables edited(const std::string &fstab) const {
        return bypass_missing({fstab, crypttab},
                              {observed, recorded ? &*recorded : nullptr,
                               [this](const std::string &path) { return paths.contains(path); }});
    }
    /// Whether an entry with that source is taken out.
    [[nodiscard]] bool missing(const std::string &source, const std::string &type = "ext2") const {
        return !edited(source + " /somewhere " + type + " defaults 0 0\n").fstab.lines.empty();
    }
};

/// Its disk 1 carries a serial, a WWN and a GPT.
Case mirror() { return {test::mirror_uefi_machine()}; }

} // namespace

TEST_CASE("the article's machine: disk 1 gone takes /boot, and nothing else") {
    const model::Machine whole = test::linux_journal_machine();
    const std::string &fstab = model::find_file(whole, "/etc/fstab")->text;
    CHECK(Case{whole}.edited(fstab).fstab.text == fstab);
    const auto edited = Case{without_disk(whole, "disk1"), whole}.edited(fstab);
    CHECK(edited.fstab.lines == Lines{"LABEL=/boot\t/boot\text2\tdefaults\t1 2"});
}

TEST_CASE("an array that does not run takes its swap") {
    Case stopped{test::linux_journal_machine()};
    stopped.observed.arrays[0].kernel_name.clear();
    stopped.observed.arrays[0].content = {};
    CHECK(stopped.missing("/dev/md0", "swap"));
    CHECK(stopped.missing("UUID=b7d5c3a1-90e2-4f6b-8a17-3d2e1c0b9f84", "swap"));
    CHECK_FALSE(stopped.missing("/dev/md1"));
}

TEST_CASE("a mapping whose container is gone is gone, also beside another container") {
    model::Machine machine = test::linux_journal_machine();
    for (model::Array &array : machine.arrays) {
        array.content = {};
        array.content.kind = model::Content::Kind::luks;
        array.content.type = "crypto_LUKS";
        array.content.uuid = "LUKS-" + array.kernel_name;
    }
    machine.mounts.push_back({"/dev/mapper/data", "/srv", "ext4", "rw", "Inside-1"});
    Case gone{machine, machine};
    gone.observed.arrays.erase(gone.observed.arrays.begin());
    gone.crypttab = "data UUID=LUKS-md0 none luks\nroot UUID=LUKS-md1 none luks\n";
    const std::string rest =
        "/dev/mapper/root / ext4 defaults 0 1\nUUID=inside-2 /home ext4 defaults 0 2\n";
    for (const char *source : {"/dev/mapper/data", "UUID=inside-1"}) {
        const std::string line = std::string(source) + " /srv ext4 defaults 0 2\n";
        CHECK(gone.edited(line + rest).fstab.text == "#mdrescue-bypass# " + line + rest);
    }
}

TEST_CASE("kernel names move: what is there now must be what is meant") {
    Case moved{without_disk(test::linux_journal_machine(), "disk1")};
    for (model::Disk &disk : moved.observed.disks) // disk2 is sda now, and its sda1 a member of md0
        --disk.kernel_name.back();
    CHECK(moved.missing("/dev/sda1"));
    CHECK(moved.missing("/dev/sda1", "swap"));
    CHECK(moved.missing("/dev/sdf1"));
    const Case whole{test::linux_journal_machine()};
    CHECK_FALSE(whole.missing("/dev/sda1"));
    CHECK(whole.missing("/dev/sda1", "swap"));
    CHECK(whole.missing("/dev/sda"));
    // a throw-away key would overwrite it
    moved.crypttab = "c /dev/sda1 /dev/urandom swap\n";
    CHECK(moved.edited("").crypttab.lines.size() == 1);
}

TEST_CASE("names of every kind") {
    Case here = mirror();
    Case gone = mirror();
    gone.observed = without_disk(gone.observed, "disk1");
    gone.recorded = here.recorded = here.observed;
    const std::string partition = "0A1B2C31-0100-4000-8000-000000000001";
    const std::string lower = "0a1b2c31-0100-4000-8000-000000000001";
    for (const std::string &source :
         {std::string("UUID=5E1D-00A1"), std::string("UUID=\"5E1D-00A1\""), "PARTUUID=" + partition,
          "PARTUUID=" + lower, "/dev/disk/by-partuuid/" + lower,
          std::string("/dev/disk/by-uuid/5E1D-00A1"),
          std::string("/dev/disk/by-path/pci-0000:01:00.0-nvme-1-part1"),
          std::string("/dev/disk/by-id/nvme-SAMSUNG_MZ1LB960HAJQ-00007_S435NA0R204711-part1")}) {
        CAPTURE(source);
        CHECK_FALSE(here.missing(source, "vfat"));
        CHECK(gone.missing(source, "vfat"));
    }
    for (const char *source :
         {"/dev/md/boot", "/dev/md0", "/dev/md/web7:boot",
          "/dev/disk/by-id/md-uuid-0b0b0b0b:11112222:33334444:55556666",
          "UUID=11111111-2222-4333-8444-555555555555", "LABEL=boot", "/dev/disk/by-label/bo\\x6ft",
          "/dev/mapper/vg0-root", "/dev/vg0/root", "PARTLABEL=EFI\\040System"}) {
        CAPTURE(source);
        CHECK_FALSE(gone.missing(source, "vfat"));
    }
    CHECK(gone.missing("/dev/md/other"));
    CHECK(gone.missing("/dev/vg1/root"));
    CHECK(gone.missing("LABEL=Boot"));
    CHECK(gone.missing("/dev/disk/by-id/wwn-0x5000c500304d1001-part1"));
    CHECK(here.missing("/dev/disk/by-id/nvme-SAMSUNG_MZ1LB960HAJQ-00007_S435NA0R204711-part9"));
}

TEST_CASE("a partition of an MBR disk has a PARTUUID too") {
    const Case whole{test::linux_journal_machine()};
    CHECK_FALSE(whole.missing("PARTUUID=5c0d1a01-01"));
    CHECK(whole.missing("PARTUUID=5c0d1a01-03"));
    CHECK(whole.missing("PARTUUID=5c0d1aff-01"));
}

TEST_CASE("what is no device of this machine is left alone") {
    const Case whole{test::linux_journal_machine()};
    for (const char *source : {"tmpfs", "server:/export", "//server/share", "/home/x", "/swapfile",
                               "none", "proc", "ID=wwn-0x1", "tank/home", "/dev/sr0", "/dev/zram0",
                               "/dev/loop7", "/dev/zvol/tank/a", "/dev/fuse"})
        CHECK_FALSE(whole.missing(source));
    Case other{test::linux_journal_machine(), {}, {"/dev/mapper/mpatha-part1"}};
    CHECK_FALSE(other.missing("/dev/mapper/mpatha-part1"));
    CHECK(whole.missing("/dev/mapper/mpatha-part1"));
}

TEST_CASE("an incomplete volume group takes its volumes") {
    Case half = mirror();
    half.recorded = half.observed;
    half.observed.volume_groups[0].physical_volumes.emplace_back("another-pv");
    CHECK(half.missing("/dev/mapper/vg0-root"));
    CHECK(half.missing("UUID=22222222-3333-4444-8555-666666666666"));
}

TEST_CASE("a volume that is not active yet is known by the record, else left alone") {
    Case inactive = mirror();
    const model::Machine whole = inactive.observed;
    for (model::LogicalVolume &volume : inactive.observed.volume_groups[0].volumes)
        volume.content = {model::Content::Kind::other, "inactive", "", std::nullopt, {}};
    CHECK_FALSE(inactive.missing("UUID=22222222-3333-4444-8555-666666666666"));
    CHECK_FALSE(inactive.missing("UUID=unknown"));
    CHECK_FALSE(inactive.missing("/dev/mapper/vg0-root"));
    inactive.recorded = whole;
    CHECK_FALSE(inactive.missing("UUID=22222222-3333-4444-8555-666666666666"));
    inactive.observed = without_disk(inactive.observed, "disk1");
    CHECK(inactive.missing("UUID=5E1D-00A1")); // recorded, and not on a volume
}

TEST_CASE("encrypted devices: a missing container takes what is in it") {
    Case locked{test::linux_journal_machine()};
    model::Content &first = locked.observed.disks[0].table->partitions[0].content;
    first = {model::Content::Kind::luks, "crypto_LUKS", "aaaa-bbbb", std::nullopt, {}};
    locked.crypttab = "home UUID=aaaa-bbbb none luks\n";
    const std::string fstab = "/dev/mapper/home /home ext4 rw 0 2\nUUID=inside /x ext4 rw 0 2\n";
    CHECK(locked.edited(fstab).fstab.lines.empty());
    CHECK(locked.edited(fstab).crypttab.lines.empty());
    // on another disk as recorded, so not inside
    locked.recorded = test::linux_journal_machine();
    locked.recorded->disks[0].table->partitions[0].content.uuid = "inside";
    CHECK(locked.edited(fstab).fstab.lines == Lines{"UUID=inside /x ext4 rw 0 2"});

    Case gone{without_disk(locked.observed, "disk1"), {}, {}, locked.crypttab};
    CHECK(gone.edited(fstab).crypttab.lines == Lines{"home UUID=aaaa-bbbb none luks"});
    CHECK(gone.edited(fstab).fstab.lines.size() == 2);
}
