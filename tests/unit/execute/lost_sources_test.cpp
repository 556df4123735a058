// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/lost_sources.h"

#include "../support/example_machine.h"

#include <doctest/doctest.h>

using namespace mdrescue;
using namespace mdrescue::execute;
using Lines = std::vector<std::string>;

namespace {

void make_container(model::Array &array, const char *uuid) {
    array.content = {};
    array.content.kind = model::Content::Kind::luks;
    array.content.type = "crypto_LUKS";
    array.content.uuid = uuid;
}

} // namespace

TEST_CASE("what lay on a lost array is taken out, and nothing else") {
    const model::Machine whole = test::linux_journal_machine();
    const std::string fstab =
        "/dev/md1 / ext2 defaults 1 1\nLABEL=/boot /boot ext2 defaults 1 2\n"
        "UUID=b7d5c3a1-90e2-4f6b-8a17-3d2e1c0b9f84 none swap sw 0 0\n"
        "UUID=0a0b0c0d-added-later /later ext4 defaults 0 2\n/dev/sr0 /cd auto "
        "defaults 0 0\n";
    const auto lines = [&](const std::vector<std::string> &arrays, const model::Machine &now) {
        return take_out_lost({fstab, ""}, {arrays, {}, whole, now}).fstab.lines;
    };
    const Lines swap{"UUID=b7d5c3a1-90e2-4f6b-8a17-3d2e1c0b9f84 none swap sw 0 0"};
    CHECK(lines({}, whole).empty());
    CHECK(lines({whole.arrays[0].uuid}, whole) == swap);
    model::Machine now = whole;
    now.arrays.erase(now.arrays.begin());
    CHECK(lines({whole.arrays[0].uuid}, now) == swap);
    now.arrays.push_back(whole.arrays[0]); // its owner made another, and the swap in it again
    now.arrays.back().uuid = "new";
    CHECK(lines({whole.arrays[0].uuid}, now).empty());
}

TEST_CASE("what is mounted below a lost filesystem stays; what lies in it goes with it") {
    const model::Machine whole = test::linux_journal_machine();
    const std::string lost = "UUID=b7d5c3a1-90e2-4f6b-8a17-3d2e1c0b9f84";
    model::Machine machine = whole;
    machine.arrays[0].content.type = "ext4";
    const std::vector arrays{whole.arrays[0].uuid};
    const auto edited = take_out_lost({lost + " /srv ext4 defaults 0 2\n" +
                                           "LABEL=/boot /srv/boot ext2 defaults 1 2\n" +
                                           "/srv/data /data none bind 0 0\n",
                                       ""},
                                      {arrays, {}, machine, machine});
    CHECK(edited.fstab.lines ==
          Lines{lost + " /srv ext4 defaults 0 2", "/srv/data /data none bind 0 0"});
}

TEST_CASE("a container on a lost array is taken out of crypttab, and its mapping out of fstab") {
    model::Machine machine = test::linux_journal_machine();
    make_container(machine.arrays[0], "luks-1");
    const std::vector lost{machine.arrays[0].uuid};
    const std::string mapping = "/dev/mapper/data /srv ext4 defaults 0 2\n";
    const auto alone =
        take_out_lost({mapping, "data UUID=luks-1 none luks\n"}, {lost, {}, machine, machine});
    CHECK(alone.crypttab.lines.size() == 1);
    CHECK(alone.fstab.lines.size() == 1);

    // another container is here, and what is in it cannot be seen
    make_container(machine.arrays[1], "luks-2");
    machine.mounts.push_back({"/dev/mapper/data", "/srv", "ext4", "rw", "inside-1"});
    const std::string crypttab = "data UUID=luks-1 none luks\nroot UUID=luks-2 none luks\n";
    const std::string root =
        "/dev/mapper/root / ext4 defaults 0 1\nUUID=inside-2 /home ext4 defaults 0 2\n";
    for (const std::string &line :
         {mapping, std::string("UUID=inside-1 /srv ext4 defaults 0 2\n")}) {
        CAPTURE(line);
        const auto edited = take_out_lost({line + root, crypttab}, {lost, {}, machine, machine});
        CHECK(edited.crypttab.lines == Lines{"data UUID=luks-1 none luks"});
        CHECK(edited.fstab.text == "#mdrescue-lost# " + line + root);
    }
}

TEST_CASE("only what the record has there is lost: what is merely not here may come back") {
    model::Machine machine = test::linux_journal_machine();
    make_container(machine.arrays[0], "luks-1");
    const std::vector lost{machine.arrays[0].uuid};
    const std::string crypttab = "data UUID=luks-1 none luks\n";
    CHECK(take_out_lost({"UUID=backup /backup ext4 nofail 0 0\nLABEL=usb /usb vfat nofail 0 0\n"
                         "/dev/mapper/mpatha /san ext4 _netdev 0 0\n",
                         crypttab},
                        {lost, {}, machine, machine})
              .fstab.lines.empty());
    // but what was mounted from behind the only container was in it
    machine.mounts.push_back({"/dev/mapper/vg1-srv", "/srv", "ext4", "rw", "in-it"});
    for (const char *source : {"UUID=in-it", "/dev/mapper/vg1-srv"}) {
        const std::string line = std::string(source) + " /srv ext4 defaults 0 2";
        CHECK(take_out_lost({line + "\n", crypttab}, {lost, {}, machine, machine}).fstab.lines ==
              Lines{line});
    }
}

TEST_CASE("another array may have the kernel name of a lost one now") {
    const model::Machine whole = test::linux_journal_machine();
    const std::vector lost{whole.arrays[0].uuid};
    model::Machine now = whole;
    now.arrays.erase(now.arrays.begin());
    now.arrays[0].kernel_name = "md0";
    const auto edited = take_out_lost({"/dev/md0 none swap sw 0 0\n/dev/md1 /srv ext2 rw 0 2\n",
                                       "c /dev/md0 /dev/urandom swap\n"},
                                      {lost, {}, whole, now});
    CHECK(edited.fstab.lines == Lines{"/dev/md0 none swap sw 0 0"});
    CHECK(edited.crypttab.lines == Lines{"c /dev/md0 /dev/urandom swap"});
}

TEST_CASE("a filesystem that took two arrays is lost with either of them") {
    model::Machine machine = test::linux_journal_machine();
    machine.arrays[0].content = machine.arrays[1].content;
    const std::vector lost{machine.arrays[0].uuid};
    const std::string line = "UUID=" + machine.arrays[1].content.uuid + " /srv btrfs defaults 0 0";
    CHECK(take_out_lost({line + "\n", ""}, {lost, {}, machine, machine}).fstab.lines ==
          Lines{line});
}

TEST_CASE("volumes on a lost array are lost") {
    const model::Machine machine = test::mirror_uefi_machine();
    const std::vector lost{machine.arrays[1].uuid};
    const std::string swap = "UUID=33333333-4444-4555-8666-777777777777 none swap sw 0 0";
    CHECK(take_out_lost({swap + "\n", ""}, {lost, {}, machine, machine}).fstab.lines ==
          Lines{swap});
    CHECK(take_out_lost({"/dev/vg0/swap none swap sw 0 0\n", ""}, {lost, {}, machine, machine})
              .fstab.lines.size() == 1);
}

TEST_CASE("what lay on the dead disk alone, and is not made again, is lost") {
    model::Machine machine = test::linux_journal_machine();
    model::Disk &disk = machine.disks[1];
    disk.table->partitions[0].content = test::filesystem_content("xfs", "on-disk-2", "scratch");
    const std::vector<model::DeviceRef> parts{{disk.id, disk.table->partitions[0].number}};
    const std::string text = "LABEL=scratch /scratch xfs rw 0 0\nLABEL=/boot /boot ext2 rw 1 2\n";
    CHECK(take_out_lost({text, ""}, {{}, parts, machine, machine}).fstab.lines.empty()); // here
    model::Machine now = machine;
    now.disks[1].table->partitions[0].content = {};
    CHECK(take_out_lost({text, ""}, {{}, parts, machine, now}).fstab.lines ==
          Lines{"LABEL=scratch /scratch xfs rw 0 0"});
    CHECK(take_out_lost({text, ""}, {{}, {}, machine, now}).fstab.lines.empty());

    SUBCASE("a container, and what was mounted from it") {
        disk.table->partitions[0].content.kind = model::Content::Kind::luks;
        disk.table->partitions[0].content.uuid = "luks-2";
        const auto edited =
            take_out_lost({"/dev/mapper/safe /safe ext4 rw 0 2\n", "safe UUID=luks-2 none luks\n"},
                          {{}, parts, machine, now});
        CHECK(edited.crypttab.lines.size() == 1);
        CHECK(edited.fstab.lines.size() == 1);
    }
    SUBCASE("a volume group") {
        disk.table->partitions[0].content.kind = model::Content::Kind::lvm_pv;
        disk.table->partitions[0].content.uuid = "pv";
        machine.volume_groups = {
            {"vg0",
             "vg",
             {"pv"},
             {{"data", "lv", 4194304, test::filesystem_content("ext4", "in-it", "")}},
             ""}};
        CHECK(take_out_lost({"/dev/vg0/data /data ext4 rw 0 2\nUUID=in-it /d ext4 rw 0 2\n", ""},
                            {{}, parts, machine, now})
                  .fstab.lines.size() == 2);
    }
}

TEST_CASE("a volume beside a lost part of its disk is not lost") {
    model::Machine machine = test::linux_journal_machine();
    auto &partitions = machine.disks[0].table->partitions;
    partitions[0].content = test::filesystem_content("btrfs", "gone", "");
    partitions[1].content = {};
    partitions[1].content.kind = model::Content::Kind::lvm_pv;
    partitions[1].content.uuid = "pv";
    machine.volume_groups = {{"vg0",
                              "vg",
                              {"pv"},
                              {{"v", "lv", 4194304, test::filesystem_content("ext4", "data", "")}},
                              ""}};
    model::Machine now = machine;
    now.disks[0].table->partitions[0].content = {};
    now.volume_groups[0].volumes[0].content = {}; // not active
    CHECK(take_out_lost({"UUID=gone /x btrfs rw 0 0\nUUID=data /y ext4 rw 0 2\n", ""},
                        {{}, {{"disk1", partitions[0].number}}, machine, now})
              .fstab.lines == Lines{"UUID=gone /x btrfs rw 0 0"});
}

TEST_CASE("what else was on the dead disk, and is made again, is not lost") {
    model::Machine machine = test::linux_journal_machine();
    model::Disk &disk = machine.disks[0]; // with /boot
    const model::Content boot = disk.table->partitions[0].content;
    disk.table->partitions[1].content = test::filesystem_content("xfs", "on-disk-1", "");
    const std::vector<model::DeviceRef> parts{{disk.id, disk.table->partitions[1].number}};
    model::Machine now = machine;
    for (model::Partition &partition : now.disks[0].table->partitions)
        partition.content = {};
    REQUIRE(std::any_of(machine.mounts.begin(), machine.mounts.end(),
                        [&](const auto &mount) { return mount.uuid == boot.uuid; }));
    CHECK(take_out_lost(
              {"UUID=" + boot.uuid + " /boot ext2 rw 1 2\nUUID=on-disk-1 /x xfs rw 0 0\n", ""},
              {{}, parts, machine, now})
              .fstab.lines == Lines{"UUID=on-disk-1 /x xfs rw 0 0"});
}
