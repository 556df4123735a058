// SPDX-License-Identifier: GPL-3.0-or-later
#include "fake_system.h"
#include "probe/mounts.h"
#include "probe/probe.h"
#include "util/bytes.h"
#include "util/progress.h"

#include <doctest/doctest.h>

using namespace mdrescue;
using namespace mdrescue::probe;
using Kind = model::Content::Kind;

namespace {

constexpr std::uint64_t sectors = 20480;

void add_disk(test::FakeSystem &system, const std::string &name, const std::string &path,
              const std::string &serial = "") {
    const std::string directory = "/sys/block/" + name + "/";
    system.files[directory + "size"] = std::to_string(sectors) + "\n";
    system.files[directory + "dev"] = "8:0\n";
    system.files[directory + "device/vpd_pg80"] =
        std::string("\0\x80\0", 3) + static_cast<char>(serial.size()) + serial;
    system.files["/dev/" + name] = std::string(sectors * 512, '\0');
    system.links["/sys/block/" + name] = "../devices/" + path + "/block/" + name;
}

test::FakeSystem root_machine() {
    test::FakeSystem system;
    system.files["/proc/self/status"] = "Name:\tx\nUid:\t1000\t0\t0\t0\n";
    system.files["/sys/block/loop0/size"] = "100\n";
    system.files["/sys/block/sr0/size"] = "100\n";
    system.files["/sys/block/zram0/size"] = "100\n";
    system.files["/sys/block/sdz/size"] = "0\n";
    system.answer = [](const system::Command &command) -> util::Result<system::Output> {
        if (command.argv[0] == "blkid")
            return system::Output{2, "", ""};
        return util::fail("cannot run " + command.argv[0]);
    };
    return system;
}

model::Machine observed(test::FakeSystem &system) {
    const auto facts = collect(system);
    REQUIRE(facts);
    auto machine = interpret(*facts);
    REQUIRE_MESSAGE(machine.has_value(), machine.error().message);
    return *machine;
}

} // namespace

TEST_CASE("not root, or no sysfs: refused with the reason") {
    test::FakeSystem system = root_machine();
    system.files["/proc/self/status"] = "Uid:\t0\t1000\t0\t0\n";
    CHECK(collect(system).error().message == "disks can be read by root only");
    CHECK_FALSE(collect(system).error().hint.empty());
    test::FakeSystem empty;
    CHECK_FALSE(collect(empty));
}

TEST_CASE("Ctrl-C ends the reading of a machine, and no half of it is taken for the whole") {
    test::FakeSystem system = root_machine();
    std::size_t programs = 0;
    const auto answer = system.answer;
    system.answer = [&](const system::Command &command) {
        ++programs;
        util::cancel_requested = true;
        return answer(command);
    };
    add_disk(system, "sda", "platform/x");
    const auto facts = collect(system);
    util::cancel_requested = false;
    REQUIRE_FALSE(facts);
    CHECK(facts.error().message == "cancelled");
    CHECK(programs == 1);
}

TEST_CASE(
    "disks in order of position, however they are named; loop, CD, RAM and empty drives are none") {
    test::FakeSystem system = root_machine();
    const std::string scsi = "pci0000:00/0000:00:05.0/virtio1/host0/";
    add_disk(system, "sda", scsi + "target0:0:10/0:0:10:0", "  ten  ");
    add_disk(system, "sdb", scsi + "target0:0:9/0:0:9:0", "$(reboot)\x1b[2J\xff");
    add_disk(system, "sdaa", "platform/x", "");
    add_disk(system, "sdc", "platform/y", "");
    const auto machine = observed(system);
    REQUIRE(machine.disks.size() == 4);
    CHECK(machine.disks[0].id == "disk1");
    CHECK(machine.disks[0].kernel_name == "sdb");
    CHECK(machine.disks[0].serial == "$(reboot)\x1b[2J\xff");
    CHECK(machine.disks[0].content.kind == Kind::empty);
    CHECK(machine.disks[0].size == sectors * 512);
    CHECK(machine.disks[1].serial == "ten");
    CHECK(machine.disks[2].kernel_name == "sdc");
    CHECK(machine.disks[3].kernel_name == "sdaa");
    CHECK(machine.warnings.empty());
}

TEST_CASE("a disk that cannot be read is not empty") {
    test::FakeSystem system = root_machine();
    add_disk(system, "sda", "pci0000:00/0000:00:05.0/virtio1", "x");
    system.files.erase("/dev/sda");
    const auto machine = observed(system);
    CHECK(machine.disks[0].content.kind == Kind::other);
    CHECK(machine.disks[0].content.type == "unreadable");
    CHECK_FALSE(machine.warnings.empty());
}

TEST_CASE("udev's database is asked where sysfs does not tell") {
    test::FakeSystem system = root_machine();
    add_disk(system, "sda", "pci0000:00/0000:04:00.0/host7/rport-7:0-0/target7:0:0/7:0:0:0");
    system.files["/run/udev/data/b8:0"] =
        "S:disk/by-id/"
        "x\nE:ID_PATH=pci-0000:04:00.0-fc-0x21-lun-0\nE:ID_SERIAL_SHORT=abc=d\nE:ID_WWN=0x5000\n";
    const auto machine = observed(system);
    CHECK(machine.disks[0].position == "pci-0000:04:00.0-fc-0x21-lun-0");
    CHECK(machine.disks[0].serial == "abc=d");
    CHECK(machine.disks[0].wwn == "0x5000");
    CHECK(machine.disks[0].transport == "fc");
}

TEST_CASE("a path of multipath is named as one") {
    test::FakeSystem system = root_machine();
    add_disk(system, "sda", "pci0000:00/0000:04:00.0/host7/rport-7:0-0/target7:0:0/7:0:0:0");
    system.files["/run/udev/data/b8:0"] =
        "E:DM_MULTIPATH_DEVICE_PATH=1\nE:ID_FS_TYPE=mpath_member\n";
    CHECK(observed(system).disks[0].content.type == "mpath_member");
    system.files["/run/udev/data/b8:0"] = "E:DM_MULTIPATH_DEVICE_PATH=0\n";
    CHECK(observed(system).disks[0].content.kind == Kind::empty);
}

TEST_CASE("a damaged superblock is a warning, and the disk is no member") {
    test::FakeSystem system = root_machine();
    add_disk(system, "sda", "pci0000:00/0000:00:05.0/virtio1");
    util::put_little_endian<std::uint32_t>(system.files["/dev/sda"], 4096, 0xa92b4efc);
    util::put_little_endian<std::uint32_t>(system.files["/dev/sda"], 4100, 1);
    const auto machine = observed(system);
    CHECK(machine.arrays.empty());
    REQUIRE(machine.warnings.size() == 1);
    CHECK(machine.warnings[0] == "sda: md superblock 1.2: wrong checksum");
}

TEST_CASE("broken lines in fstab and mdadm.conf: kept word for word, warned of by line") {
    test::FakeSystem system = root_machine();
    system.files["/etc/fstab"] = "# ok\n/dev/md0 \x1b[31m\n";
    system.files["/etc/mdadm/mdadm.conf"] = "ARRAY /dev/md0\n UUID=1\nNONSENSE\n";
    const auto machine = observed(system);
    REQUIRE(machine.files.size() == 2);
    CHECK(machine.files[0].text == "# ok\n/dev/md0 \x1b[31m\n");
    REQUIRE(machine.warnings.size() == 2);
    CHECK(machine.warnings[0] == "/etc/fstab line 2: fewer than three fields: /dev/md0 \\x1b[31m");
    CHECK(machine.warnings[1] == "/etc/mdadm/mdadm.conf line 3: unknown keyword: NONSENSE");
}

TEST_CASE("a fact nobody uses is an error") {
    test::FakeSystem system = root_machine();
    auto facts = collect(system);
    (*facts)["sysfs/sda/colour"] = "blue";
    const auto machine = interpret(*facts);
    REQUIRE_FALSE(machine);
    CHECK(machine.error().message.find("sysfs/sda/colour") != std::string::npos);
}

TEST_CASE("mountinfo") {
    const auto lines = parse_mountinfo("36 35 9:1 / /mnt/a\\040b rw,noatime master:1 shared:2 - "
                                       "ext4 /dev/root rw,errors=continue\n"
                                       "1 2 3:4 / / rw - tmpfs\n"
                                       "\n36 35 9:1 / / rw shared:1 ext4 /dev/root rw\n"
                                       "37 35 0:40 /@home /home rw - btrfs /dev/sda2 ro\n");
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].target == "/mnt/a b");
    CHECK(lines[0].options == "rw,noatime,errors=continue");
    CHECK(lines[1].root == "/@home");
}
