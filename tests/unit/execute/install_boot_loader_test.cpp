// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/proof.h"
#include "execute/steps.h"

#include "boot_snapshot.h"
#include "diagnose/marker.h"
#include "tiny_grub.h"

#include <doctest/doctest.h>

using namespace mdrescue;
using execute::Status;
using Kind = Status::Kind;
using Lines = std::vector<std::string>;
using test::TinyGrub;

namespace {

/// The article's machine: table, /boot and members are back on disk1, its boot loader is not yet.
struct BootLoader : test::Boot {
    const plan::InstallBootLoader step{"disk1", model::BootLoader::Kind::grub_mbr_gap};
    TinyGrub recorded{'1'};
    TinyGrub newer{'2'};
    std::string table = std::string(72, 'T'); ///< disk id and partition table

    BootLoader() {
        record(recorded);
        disk().replace(440, 72, table);
        system.write(system.filesystem("/dev/md1") + "/usr/sbin/grub-install", "");
        put_files(device, recorded);
        plan.steps = {Boot::step, step};
    }
    std::string &disk() { return system.given["/dev/sda"]; }
    void record(const TinyGrub &grub) {
        profile.machine.disks[0].boot_areas = {{0, 440, grub.boot_code},
                                               {512, 62ULL * 512, grub.core}};
    }
    void put_files(const std::string &boot, const TinyGrub &grub) {
        system.write(boot + "/grub/i386-pc/boot.img", grub.boot_img);
        system.write(boot + "/grub/i386-pc/core.img", grub.core_img);
    }
    /// A grub-install that does its work, with files of its own package.
    void program_installs(const TinyGrub &grub, const std::string &boot) {
        system.program = [this, grub, boot](const system::Command &) {
            put_files(boot, grub);
            grub.put_on(disk());
            return system::Output{};
        };
    }
    void program_fails() {
        system.program = [](const system::Command &) {
            return system::Output{1, "", "grub-install: error: no such disk"};
        };
    }
    Status check() { return execute::check(context, step); }
    util::Result<void> apply() { return execute::apply(context, step); }
    bool nothing_written() {
        return disk().substr(440, 72) == table && disk().substr(0, 440) == std::string(440, '\0') &&
               disk().find_first_not_of('\0', 512) == std::string::npos;
    }
    [[nodiscard]] bool from_record() const {
        return journal.text().find("could not be used") != std::string::npos;
    }
};

} // namespace

TEST_CASE("read back: the boot loader is the one of /boot, or the recorded one") {
    BootLoader machine;
    CHECK(machine.check().kind == Kind::not_done);
    SUBCASE("written from boot.img and core.img") {
        machine.put_files(machine.device, machine.newer);
        machine.newer.put_on(machine.disk());
        CHECK(machine.check().kind == Kind::done);
        machine.disk()[700] = 'x';
        CHECK(machine.check().reason.find("core.img") != std::string::npos);
        CHECK(machine.check().kind == Kind::not_done);
    }
    SUBCASE("the recorded one, of the time of the restored /boot") {
        REQUIRE(machine.system.remove(machine.device + "/grub/i386-pc/core.img"));
        machine.recorded.put_on(machine.disk());
        CHECK(machine.check().kind == Kind::done);
        machine.disk()[0x100] = 'x';
        CHECK(machine.check().kind == Kind::not_done);
    }
    SUBCASE("the recorded one, and /boot survived with a newer one") {
        machine.plan.steps = {machine.step};
        machine.put_files(machine.device, machine.newer);
        machine.recorded.put_on(machine.disk());
        CHECK(machine.check().kind == Kind::not_done);
    }
    SUBCASE("the recorded one reads on in a filesystem that was made anew") {
        REQUIRE(machine.system.remove(machine.device + "/grub/i386-pc/core.img"));
        machine.record(TinyGrub('1', 100));
        TinyGrub('1', 100).put_on(machine.disk());
        machine.disk().replace(512, 1024, TinyGrub('1', 100).core);
        CHECK(machine.check().kind == Kind::not_done);
    }
    CHECK(machine.system.mounted.empty());
}

TEST_CASE("whether the disk starts the machine is not known without the /boot it goes on with") {
    BootLoader machine;
    machine.plan.steps = {machine.step};
    machine.put_files(machine.device, machine.recorded);
    machine.recorded.put_on(machine.disk());
    const auto proof = [&] { return execute::prove(machine.context).disks.at(0); };
    CHECK(proof().sentence.ends_with(" starts this machine: yes"));
    CHECK(proof().proven);
    for (model::MountPoint &mount : machine.profile.machine.mounts)
        if (mount.target == "/boot")
            mount.uuid = "locked";
    CHECK(machine.check().kind == Kind::done); // the recorded one, byte for byte
    CHECK(proof().sentence.find("not proven: its boot loader could not be compared with /boot") !=
          std::string::npos);
    CHECK_FALSE(proof().proven);
}

TEST_CASE("by the installed system's own grub-install, its root read-only") {
    BootLoader machine;
    machine.program_installs(machine.newer, machine.context.places.root + "/boot");
    REQUIRE(machine.apply());
    REQUIRE(machine.system.commands.size() == 1);
    CHECK(machine.system.commands[0].argv == Lines{"chroot", machine.context.places.root,
                                                   "/usr/sbin/grub-install", "--target=i386-pc",
                                                   "/dev/sda"});
    CHECK(machine.system.mounts[0].ends_with("/root ro noload"));
    CHECK(machine.system.mounts[1] == "/dev/sda1 on " + machine.context.places.root + "/boot");
    CHECK(machine.system.mounted.empty());
    CHECK(machine.check().kind == Kind::done);
    CHECK_FALSE(machine.from_record());
}

TEST_CASE("it is called grub2-install elsewhere") {
    BootLoader machine;
    const std::string root = machine.system.filesystem("/dev/md1");
    REQUIRE(machine.system.remove(root + "/usr/sbin/grub-install"));
    machine.system.write(root + "/usr/sbin/grub2-install", "");
    machine.program_installs(machine.newer, machine.context.places.root + "/boot");
    REQUIRE(machine.apply());
    CHECK(machine.system.commands[0].argv[2] == "/usr/sbin/grub2-install");
}

TEST_CASE("from the record, the boot sector last and the table untouched") {
    BootLoader machine;
    SUBCASE("grub-install fails") { machine.program_fails(); }
    SUBCASE("grub-install says yes and has not done it") {
        machine.system.program = [](const system::Command &) { return system::Output{}; };
    }
    SUBCASE("the root cannot be mounted") { machine.system.unmountable = {"/dev/md1"}; }
    SUBCASE("the installed system has none") {
        REQUIRE(machine.system.remove(machine.system.filesystem("/dev/md1") +
                                      "/usr/sbin/grub-install"));
    }
    SUBCASE("/boot is part of the root filesystem, which is not written to") {
        machine.put_files(machine.system.filesystem("/dev/md1") + "/boot", machine.recorded);
        std::erase_if(machine.profile.machine.mounts,
                      [](const auto &mount) { return mount.target == "/boot"; });
        machine.plan.steps = {machine.step};
    }
    REQUIRE(machine.apply());
    CHECK(machine.from_record());
    Lines devices;
    for (const std::string &write : machine.system.written)
        if (write.starts_with("/dev/"))
            devices.push_back(write);
    CHECK(devices == Lines{"/dev/sda@512", "/dev/sda@0"});
    CHECK(machine.disk().substr(440, 72) == machine.table);
    CHECK(machine.check().kind == Kind::done);
    CHECK(machine.system.mounted.empty());
}

TEST_CASE("a grub-install that fails half-way leaves /boot as it came from the disc") {
    BootLoader machine;
    REQUIRE(execute::apply(machine.context, machine.Boot::step));
    const std::string boot = machine.context.places.root + "/boot";
    machine.system.program = [&](const system::Command &) {
        machine.system.write(boot + "/grub/i386-pc/normal.mod", "newer module");
        return system::Output{1, "", "disk full"};
    };
    REQUIRE(machine.apply());
    CHECK(machine.read("grub/i386-pc/normal.mod") == "module");
    CHECK(machine.check().kind == Kind::done);
}

TEST_CASE("a record that is older than the /boot that survived is not used") {
    BootLoader machine;
    machine.plan.steps = {machine.step};
    machine.put_files(machine.device, machine.newer);
    machine.program_fails();
    CHECK(machine.apply().error().message.find("not the one of /boot") != std::string::npos);
    CHECK(machine.nothing_written());
}

TEST_CASE("a recorded area that would cover something else is not written") {
    BootLoader machine;
    machine.program_fails();
    auto &recorded = machine.profile.machine.disks[0];
    SUBCASE("the partition table") {
        recorded.boot_areas[0].bytes.resize(512);
        recorded.boot_areas[0].size = 512;
    }
    SUBCASE("the start marker") {
        machine.plan.steps.insert(machine.plan.steps.begin(),
                                  // a marker of zeros is on the disk already
                                  plan::MarkDisk{"disk1", 4096, std::string(4096, '\0')});
        recorded.boot_areas[1].bytes.resize(4096, 'x');
    }
    SUBCASE("a partition") { recorded.boot_areas[1].bytes.resize(62 * 512 + 1, 'x'); }
    SUBCASE("a GPT") { recorded.table->label = "gpt", recorded.table->first_usable = 34; }
    CHECK(machine.apply().error().message.find("nothing was written") != std::string::npos);
    CHECK(machine.nothing_written());
}

TEST_CASE("a BIOS boot partition may be written") {
    BootLoader machine;
    machine.program_fails();
    auto &recorded = machine.profile.machine.disks[0];
    recorded.table->label = "gpt";
    recorded.table->first_usable = 34;
    auto &first = recorded.table->partitions[0];
    first.start = 64;
    first.size = 64;
    first.type = "21686148-6449-6E6F-744E-656564454649";
    const TinyGrub grub('1', 64);
    recorded.boot_areas = {{0, 440, grub.boot_code}, {64ULL * 512, 64ULL * 512, grub.core}};
    REQUIRE(machine.apply());
    CHECK(machine.disk().substr(64 * 512, grub.core.size()) == grub.core);
    CHECK(machine.check().kind == Kind::done);
}

TEST_CASE("only onto a replacement of this plan") {
    BootLoader machine;
    machine.plan.replacements.clear();
    CHECK_FALSE(machine.apply());
    CHECK_FALSE(
        execute::apply(machine.context,
                       plan::InstallBootLoader{"disk1", model::BootLoader::Kind::other_mbr_code}));
    CHECK(machine.system.commands.empty());
    CHECK(machine.nothing_written());
}

TEST_CASE("boot code that is not GRUB's comes from the record alone") {
    BootLoader machine;
    machine.profile.machine.disks[0].boot_areas = {{0, 440, "other boot code"}};
    const plan::InstallBootLoader other{"disk1", model::BootLoader::Kind::other_mbr_code};
    CHECK(execute::check(machine.context, other).kind == Kind::not_done);
    REQUIRE(execute::apply(machine.context, other));
    CHECK(machine.system.commands.empty());
    CHECK(execute::check(machine.context, other).kind == Kind::done);
    CHECK(machine.disk().substr(440, 72) == machine.table);
}

TEST_CASE("online a /boot that is not mounted yet is used from beside") {
    BootLoader machine;
    machine.context.places.online = true;
    machine.system.given["/usr/sbin/grub-install"] = "";
    const std::string beside = machine.context.places.scratch + "/mnt/boot";
    machine.program_installs(machine.newer, beside);
    REQUIRE(machine.apply());
    CHECK(machine.system.commands[0].argv == Lines{"/usr/sbin/grub-install", "--target=i386-pc",
                                                   "--boot-directory=" + beside, "/dev/sda"});
    CHECK(machine.check().kind == Kind::done);
    CHECK(machine.system.mounted.empty());
}
