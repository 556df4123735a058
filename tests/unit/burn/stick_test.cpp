// SPDX-License-Identifier: GPL-3.0-or-later
#include "../support/example_machine.h"
#include "../support/fake_system.h"
#include "burn/stick.h"
#include "burn/stick_writer.h"
#include "image.h"

using namespace mdrescue;
using namespace mdrescue::burn;
using namespace mdrescue::burn::test;
using media::test::Directory;

namespace {

constexpr std::size_t stick_size = 16U << 20U;

/// A USB stick with photos, beside the article's machine's disks.
model::Disk usb_stick() {
    model::Disk disk;
    disk.id = "disk7";
    disk.kernel_name = "sdg";
    disk.size = stick_size;
    disk.model = "Ultra Fit";
    disk.serial = "4C53000101";
    disk.transport = "usb";
    disk.removable = true;
    disk.content = mdrescue::test::partitioned_content("dos");
    model::PartitionTable table;
    table.label = "dos";
    model::Partition partition;
    partition.number = 1;
    partition.start = 2048;
    partition.size = 4096;
    partition.content = mdrescue::test::filesystem_content("vfat", "1234-ABCD", "PHOTOS\x1b[2J");
    table.partitions = {partition};
    disk.table = table;
    return disk;
}

model::Machine machine_with(const model::Disk &disk) {
    model::Machine machine = mdrescue::test::linux_journal_machine();
    machine.disks.push_back(disk);
    return machine;
}

bool mentions(const std::vector<std::string> &lines, const std::string &words) {
    return std::any_of(lines.begin(), lines.end(), [&](const std::string &line) {
        return line.find(words) != std::string::npos;
    });
}

template <class T> void check_error(const util::Result<T> &result, const std::string &words) {
    REQUIRE_FALSE(result.has_value());
    INFO(result.error().message);
    CHECK(result.error().message.find(words) != std::string::npos);
}

/// A machine in memory with one stick, full of something.
struct Bench {
    FakeSystem system;
    Bench() { system.files["/dev/sdg"] = std::string(stick_size, 'o'); }
    std::string &stick() { return system.files["/dev/sdg"]; }
    /// What the kernel tells of it.
    void plug_in(const std::string &serial) {
        system.files["/proc/self/mountinfo"] = "";
        system.files["/sys/class/block/sdg/diskseq"] = "7\n";
        system.files["/sys/class/block/sdg/sdg1/partition"] = "1\n";
        system.files["/sys/block/sdg/size"] = fmt::format("{}\n", stick_size / 512);
        system.files["/sys/block/sdg/queue/logical_block_size"] = "512\n";
        system.files["/sys/block/sdg/device/model"] = "Ultra Fit\n";
        system.files["/sys/block/sdg/serial"] = serial + "\n";
    }
    util::Result<void> write(const Source &source) {
        auto device = system.claim("/dev/sdg");
        REQUIRE(device.has_value());
        return write_stick(**device, source, silent);
    }
    bool head_empty() {
        return stick().substr(0, 1U << 20U).find_first_not_of('\0') == std::string::npos;
    }
};

} // namespace

TEST_CASE("a stick with photos: what is lost is named, printable, and nothing speaks against it") {
    const model::Disk disk = usb_stick();
    const Stick stick = judge(machine_with(disk), disk);
    CHECK(stick.path == "/dev/sdg");
    CHECK(stick.doubts.empty());
    CHECK(mentions(stick.losses, "/dev/sdg1 (2.1 MB): vfat \"PHOTOS\\x1b[2J\""));
    CHECK(stick.identity() == "4C53000101");
}

TEST_CASE("a disk that is not removable raises a doubt") {
    model::Disk disk = usb_stick();
    disk.removable = false;
    CHECK(mentions(judge(machine_with(disk), disk).doubts, "not removable"));
}

TEST_CASE("a member of an array raises a doubt, on a partition too") {
    const model::Machine machine = mdrescue::test::linux_journal_machine();
    const Stick stick = judge(machine, machine.disks[1]);
    CHECK(mentions(stick.doubts, "/dev/sdb1 is a member of the RAID array " +
                                     mdrescue::test::journal_swap_array));
}

TEST_CASE("a volume group raises a doubt, by its name") {
    model::Disk disk = usb_stick();
    disk.table->partitions[0].content = {};
    disk.table->partitions[0].content.kind = model::Content::Kind::lvm_pv;
    disk.table->partitions[0].content.uuid = "pv-1";
    model::Machine machine = machine_with(disk);
    model::VolumeGroup group;
    group.name = "backup";
    group.physical_volumes = {"pv-1"};
    machine.volume_groups = {group};
    CHECK(mentions(judge(machine, disk).doubts, "/dev/sdg1 holds the volume group backup"));
}

TEST_CASE("a disk that fstab names is the system's, also while it is not mounted") {
    model::Disk disk = usb_stick();
    model::Machine machine = machine_with(disk);
    for (const char *source : {"UUID=1234-ABCD", "/dev/sdg1", "/dev/disk/by-uuid/1234-ABCD"}) {
        machine.files[0].text = std::string(source) + " /mnt/keys vfat noauto 0 0\n";
        CHECK(mentions(judge(machine, disk).doubts, "/etc/fstab mounts it on /mnt/keys"));
    }
    machine.files[0].text = "UUID=5678-ABCD /mnt/keys vfat noauto 0 0\n";
    CHECK(judge(machine, disk).doubts.empty());
    machine.files[0].text = "/dev/disk/by-id/usb-SanDisk_Ultra_Fit_4C53000101-0:0-part1 /k vfat\n";
    CHECK(mentions(judge(machine, disk).doubts, "/etc/fstab mounts it on /k"));
    machine.files[0].text.clear();
    machine.files.push_back({"/etc/crypttab", "safe UUID=1234-ABCD none luks,noauto\n"});
    CHECK(mentions(judge(machine, disk).doubts, "/etc/crypttab opens it as safe"));
}

TEST_CASE("without a serial its name is typed") {
    model::Disk disk = usb_stick();
    disk.serial = " ";
    CHECK(judge(machine_with(disk), disk).identity() == "sdg");
}

TEST_CASE("another stick under the same name since it was looked at is not written to") {
    Bench bench;
    bench.plug_in("4C53000101");
    const Stick stick = judge(machine_with(usb_stick()), usb_stick());
    const std::string sequence = disk_sequence(bench.system, "/dev/sdg");
    CHECK(sequence == "7\n");
    CHECK(claim(bench.system, stick, sequence).has_value());
    SUBCASE("by its number") { bench.system.files["/sys/class/block/sdg/diskseq"] = "8\n"; }
    SUBCASE("by its size") { bench.stick().resize(stick_size / 2); }
    SUBCASE("by its serial") { bench.plug_in("4C53000102"); }
    SUBCASE("by being gone") { bench.system.files.erase("/sys/block/sdg/size"); }
    check_error(claim(bench.system, stick, sequence), "another disk now");
}

TEST_CASE("one in use is not claimed") {
    Bench bench;
    bench.plug_in("4C53000101");
    bench.system.files["/proc/self/mountinfo"] = "22 1 8:97 / /mnt rw - vfat /dev/sdg1 rw\n";
    const Stick stick = judge(machine_with(usb_stick()), usb_stick());
    CHECK_FALSE(claim(bench.system, stick, disk_sequence(bench.system, "/dev/sdg")));
    CHECK(bench.system.claimed.empty());
}

TEST_CASE("only whole disks are written to") {
    const model::Machine machine = machine_with(usb_stick());
    CHECK(disk_named(machine, "/dev/sdg").value().id == "disk7");
    check_error(disk_named(machine, "/dev/sdg1"), "is a partition");
    check_error(disk_named(machine, "/dev/md1"), "neither a disk");
}

TEST_CASE("what no answer can make good") {
    model::Disk disk = usb_stick();
    CHECK(confirm_fits(disk, stick_size).has_value());
    check_error(confirm_fits(disk, stick_size + 1), "1 are missing");
    disk.read_only = true;
    check_error(confirm_fits(disk, 1), "read-only");
    disk.read_only = false;
    disk.logical_sector = 4096;
    check_error(confirm_fits(disk, 1), "4096");
}

TEST_CASE("what is mounted, swapped on or held is never overwritten") {
    FakeSystem system;
    system.files["/sys/class/block/sdg/size"] = "32768";
    system.files["/sys/class/block/sdg/dev"] = "8:96";
    system.files["/sys/class/block/sdg/sdg1/partition"] = "1";
    system.files["/sys/class/block/sdg1/dev"] = "8:97";
    system.files["/proc/self/mountinfo"] = "22 1 9:1 / / rw - ext4 /dev/md1 rw\n";
    system.files["/proc/swaps"] = "Filename Type Size Used Priority\n";
    CHECK(confirm_free(system, "/dev/sdg").has_value());
    SUBCASE("mounted") {
        system.files["/proc/self/mountinfo"] += "30 1 8:97 / /mnt rw - vfat /dev/sdg1 rw\n";
    }
    SUBCASE("swap") { system.files["/proc/swaps"] += "/dev/sdg1 partition 1 0 -2\n"; }
    SUBCASE("held by an array") { system.files["/sys/class/block/sdg1/holders/md7"] = ""; }
    check_error(confirm_free(system, "/dev/sdg"), "sdg1");
}

TEST_CASE("an image is written, what it does not cover stays, its end is wiped") {
    const Directory scratch;
    const Source source = make_source(scratch);
    Bench bench;
    const auto written = bench.write(source);
    REQUIRE_MESSAGE(written.has_value(), (written ? "" : written.error().message));
    CHECK(bench.stick().substr(0, source.image.size) == bytes_of(source));
    CHECK(bench.stick()[source.image.size] == 'o');
    CHECK(bench.stick().substr(stick_size - (1U << 20U)) == std::string(1U << 20U, '\0'));
    const auto &done = bench.system.claimed;
    CHECK(done[0] == "claim /dev/sdg");
    CHECK(done[1] == "write 0+1048576");               // emptied before anything else …
    CHECK(done[done.size() - 4] == "write 0+1048576"); // … and filled after all else
    CHECK(done[done.size() - 2] == "forget");          // so that it is read from the device
    CHECK(done.back() == "release /dev/sdg");
}

TEST_CASE("a write error leaves a stick that does not look like an image") {
    const Directory scratch;
    const Source source = make_source(scratch);
    Bench bench;
    bench.system.on_claimed_write = [](std::uint64_t offset, std::string &) -> util::Result<void> {
        if (offset == 1U << 20U)
            return util::fail("cannot write: Input/output error");
        return {};
    };
    check_error(bench.write(source), "Input/output error");
    CHECK(bench.head_empty());
}

TEST_CASE("a stick that changes a bit is found out, and left empty") {
    const Directory scratch;
    const Source source = make_source(scratch);
    Bench bench;
    bench.system.on_claimed_write = [](std::uint64_t offset, std::string &bytes) {
        if (offset == 1U << 20U)
            bytes[7777] = static_cast<char>(bytes[7777] ^ 1);
        return util::Result<void>();
    };
    check_error(bench.write(source), "does not give back");
    CHECK(bench.head_empty());
}

TEST_CASE("a source that shrinks or changes meanwhile is an error, and the stick left empty") {
    const Directory scratch;
    const Source source = make_source(scratch);
    Bench bench;
    SUBCASE("shrinks") {
        std::filesystem::resize_file(source.image.path, source.image.size - 4096);
        check_error(bench.write(source), "has shrunk");
    }
    SUBCASE("changes") {
        std::string bytes = bytes_of(source);
        bytes[1234567] = static_cast<char>(bytes[1234567] ^ 1);
        media::test::put(source.image.path, bytes);
        check_error(bench.write(source), "was changed");
    }
    CHECK(bench.head_empty());
}

TEST_CASE("Ctrl-C leaves the stick empty") {
    const Directory scratch;
    const Source source = make_source(scratch);
    Bench bench;
    util::cancel_requested = true;
    const auto written = bench.write(source);
    util::cancel_requested = false;
    CHECK_FALSE(written.has_value());
    CHECK(bench.head_empty());
}

TEST_CASE("a damaged file is refused, and one that is not ours") {
    const Directory scratch;
    const Source source = make_source(scratch);
    std::string bytes = bytes_of(source);
    bytes[2000000] = static_cast<char>(bytes[2000000] ^ 1);
    media::test::put(scratch / "damaged.iso", bytes);
    check_error(check_source(scratch / "damaged.iso", silent), "is damaged (boot/filler)");
    media::test::put(scratch / "other", std::string(100000, 'x'));
    check_error(check_source(scratch / "other", silent), "no ISO 9660");
}
