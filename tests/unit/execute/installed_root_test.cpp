// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/installed_root.h"
#include "execute/volume_groups.h"

#include "execute/mounting.h"
#include "recovery.h"

#include <doctest/doctest.h>

using namespace mdrescue;
using execute::InstalledRoot;
using Lines = std::vector<std::string>;

namespace {

struct Machine : test::Recovery {
    Machine() {
        for (const char *device : {"/dev/md0", "/dev/md1", "/dev/sda1", "/dev/mapper/vg0-root"})
            system.filesystem(device);
    }
    /// What was mounted, with names below the test's directory alone.
    Lines mounts() {
        Lines lines;
        for (std::string line : system.mounts) {
            for (auto at = line.find(system.root()); at != std::string::npos;
                 at = line.find(system.root()))
                line.erase(at, system.root().size());
            lines.push_back(line);
        }
        return lines;
    }
    /// The root as the second machine has it: xfs on a volume on md127.
    void use_volume() {
        profile.machine = test::mirror_uefi_machine();
        profile.machine.mounts = {
            {"/dev/mapper/vg0-root", "/", "xfs", "rw", "22222222-3333-4444-8555-666666666666"}};
        context.observed = profile.machine;
        run(profile.machine.arrays.front());
        system.program = [this](const system::Command &) {
            system.given["/dev/mapper/vg0-root"] = "";
            return system::Output{};
        };
    }
};

} // namespace

TEST_CASE("read-only: nothing is written, not even a journal; all is unmounted again") {
    Machine machine;
    machine.system.given["/dev"] = machine.system.given["/run"] = "";
    {
        const auto root = InstalledRoot::open(machine.context, false);
        REQUIRE(root);
        CHECK(root->file("/etc/fstab") == machine.system.root() + "/root/etc/fstab");
        CHECK(root->argv({"true"}) == Lines{"chroot", machine.system.root() + "/root", "true"});
        CHECK(machine.mounts() == Lines{"/dev/md1 on /root ro noload", "/dev/sda1 on /root/boot ro",
                                        "/dev on /root/dev", "/run on /root/run",
                                        "tmpfs on /root/tmp mode=1777"});
        machine.system.mounts.clear();
    }
    CHECK(machine.mounts() ==
          Lines{"-/root/tmp", "-/root/run", "-/root/dev", "-/root/boot", "-/root"});
    CHECK(machine.system.mounted.empty());
}

TEST_CASE("for the boot loader /boot alone is writable") {
    Machine machine;
    const auto open = [&] { return InstalledRoot::open_for_boot_loader(machine.context); };
    SUBCASE("native") {
        REQUIRE(open());
        CHECK(machine.mounts().at(0) == "/dev/md1 on /root ro noload");
        CHECK(machine.mounts().at(1) == "/dev/sda1 on /root/boot");
    }
    SUBCASE("it is part of the root filesystem, which stays as it is") {
        std::erase_if(machine.profile.machine.mounts,
                      [](const auto &mount) { return mount.target == "/boot"; });
        CHECK(open().error().message.find("/boot is part of the root") != std::string::npos);
        CHECK(machine.system.mounted.empty());
    }
    SUBCASE("it is not here") {
        machine.plan.disks.erase("disk1");
        CHECK_FALSE(open());
        CHECK(machine.system.mounted.empty());
    }
}

TEST_CASE("for writing its array must be whole") {
    Machine machine;
    const auto open = [&] { return InstalledRoot::open(machine.context, true); };
    SUBCASE("it is") {
        REQUIRE(open());
        CHECK(machine.mounts().at(0) == "/dev/md1 on /root");
        CHECK(machine.mounts().at(1) == "/dev/sda1 on /root/boot ro");
    }
    SUBCASE("it is being rebuilt") {
        machine.system.given["/sys/block/md1/md/degraded"] = "1\n";
        CHECK(open().error().message.find("not whole yet") != std::string::npos);
        CHECK(machine.system.mounts.empty());
    }
    SUBCASE("how many members are missing cannot be read") {
        machine.system.given.erase("/sys/block/md1/md/degraded");
        CHECK_FALSE(open());
        CHECK(machine.system.mounts.empty());
    }
    SUBCASE("it is another array by now") {
        machine.system.given["/dev/md1member"] = machine.system.given["/dev/md0member"];
        CHECK_FALSE(open());
    }
    SUBCASE("it is whole, and the one that holds /var is being rebuilt") {
        machine.profile.machine.mounts.push_back(
            {"/dev/md0", "/var", "ext4", "rw", machine.profile.machine.mounts.back().uuid});
        CHECK(open());
        machine.system.given["/sys/block/md0/md/degraded"] = "1\n";
        CHECK(open().error().message.find("/var") != std::string::npos);
    }
    SUBCASE("another one is being rebuilt") {
        machine.system.given["/sys/block/md0/md/degraded"] = "1\n";
        CHECK(open());
    }
    SUBCASE("under a volume, it is being rebuilt") {
        machine.use_volume();
        machine.system.given["/sys/block/md127/md/degraded"] = "1\n";
        CHECK_FALSE(open());
        CHECK(machine.system.mounts.empty());
    }
}

TEST_CASE("a volume is activated alone, from its array alone, without waiting for udev") {
    Machine machine;
    machine.use_volume();
    REQUIRE(InstalledRoot::open(machine.context, false));
    REQUIRE(machine.system.commands.size() == 1);
    CHECK(machine.system.commands[0].argv ==
          Lines{"lvm", "lvchange", "--config", R"(devices{filter=["a|^/dev/md127$|","r|.*|"]})",
                "--sysinit", "--activate", "y", "--noudevsync", "vg0/root"});
    CHECK(machine.system.commands[0].environment == Lines{"DM_DISABLE_UDEV=1"});
    CHECK(machine.mounts().at(0) == "/dev/mapper/vg0-root on /root ro norecovery");
    REQUIRE(InstalledRoot::open(machine.context, false));
    CHECK(machine.system.commands.size() == 1); // it is active already
}

TEST_CASE("a volume that holds swap is activated, wherever the root is (FAULTS 30)") {
    Machine machine;
    CHECK_FALSE(activate_swap(machine.context)); // the article's swap is no volume
    machine.use_volume();
    machine.profile.machine.mounts.clear();
    machine.system.given.erase("/dev/mapper/vg0-swap");
    SUBCASE("it is here") {
        machine.system.program = [&](const system::Command &) {
            machine.system.given["/dev/mapper/vg0-swap"] = "";
            return system::Output{};
        };
        CHECK(activate_swap(machine.context));
    }
    SUBCASE("it is not complete") { CHECK_FALSE(activate_swap(machine.context)); }
    REQUIRE(machine.system.commands.size() == 1);
    CHECK(machine.system.commands[0].argv.back() == "vg0/swap");
    CHECK(machine.system.mounts.empty());
}

TEST_CASE("a volume that cannot be had") {
    Machine machine;
    machine.use_volume();
    SUBCASE("LVM refuses") {
        machine.system.program = [](const system::Command &) {
            return system::Output{5, "", "no"};
        };
    }
    SUBCASE("it is not in the group any more") {
        machine.system.program = [](const system::Command &) { return system::Output{}; };
    }
    SUBCASE("its array does not run") { machine.context.observed.arrays.clear(); }
    CHECK_FALSE(InstalledRoot::open(machine.context, false));
    CHECK(machine.system.mounts.empty());
}

TEST_CASE("inside LUKS: only where it was unlocked under its recorded name") {
    Machine machine;
    machine.profile.machine.arrays[1].content = {};
    machine.profile.machine.arrays[1].content.kind = model::Content::Kind::luks;
    machine.profile.machine.mounts[1].source = "/dev/mapper/md1_crypt";
    CHECK(InstalledRoot::open(machine.context, false).error().message.find("locked") !=
          std::string::npos);
    machine.system.given["/dev/mapper/md1_crypt"] = "";
    CHECK(InstalledRoot::open(machine.context, false));
}

TEST_CASE("a member is never mounted, though its filesystem can be seen in it") {
    Machine machine; // a mirror with metadata 0.90 or 1.0: blkid sees the filesystem on each member
    auto &member = machine.context.observed.disks[1].table->partitions[1].content;
    member = machine.profile.machine.arrays[1].content;
    machine.context.observed.arrays.clear();
    CHECK_FALSE(InstalledRoot::open(machine.context, false));
    CHECK(machine.system.mounts.empty());
}

TEST_CASE("after an error everything is unmounted") {
    Machine machine;
    machine.system.unmountable = {"/dev/sda1"};
    CHECK_FALSE(InstalledRoot::open(machine.context, false));
    CHECK(machine.mounts().back() == "-/root");
    CHECK(machine.system.mounted.empty());
}

TEST_CASE("what an interrupted session left mounted goes first") {
    Machine machine;
    const std::string root = machine.context.places.root;
    machine.system.mounted = {{root, ""}, {root + "/boot", ""}, {"/elsewhere", ""}};
    machine.system.given["/proc/self/mountinfo"] = "30 1 9:1 / " + root +
                                                   " rw - ext3 /dev/md1 rw\n31 30 8:1 / " + root +
                                                   "/boot rw - ext2 /dev/sda1 rw\n"
                                                   "32 1 8:9 / /elsewhere rw - ext2 /dev/sdb9 rw\n";
    REQUIRE(InstalledRoot::open(machine.context, false));
    CHECK(machine.mounts().at(0) == "-/root/boot");
    CHECK(machine.mounts().at(1) == "-/root");
    CHECK(machine.system.mounted.contains("/elsewhere"));
}

TEST_CASE("online nothing is mounted") {
    Machine machine;
    machine.context.places.online = true;
    const auto root = InstalledRoot::open(machine.context, true);
    REQUIRE(root);
    CHECK(root->path() == "/");
    CHECK(root->file("/etc/fstab") == "/etc/fstab");
    CHECK(root->argv({"true"}) == Lines{"true"});
    CHECK(machine.system.mounts.empty());
    machine.system.given["/sys/block/md1/md/degraded"] = "1\n";
    CHECK_FALSE(InstalledRoot::open(machine.context, true));
    CHECK(InstalledRoot::open(machine.context, false));
    CHECK(InstalledRoot::open_for_boot_loader(machine.context));
}

TEST_CASE("options: a subvolume of btrfs; no journal is replayed") {
    CHECK(execute::subvolume_option({"", "/", "btrfs", "rw,subvolid=256,subvol=/@rootfs", ""}) ==
          "subvol=/@rootfs");
    CHECK(execute::subvolume_option({"", "/", "ext4", "rw,subvol=/@rootfs", ""}).empty());
    CHECK(execute::options_without_replay("ext4") == "noload");
    CHECK(execute::options_without_replay("ext2").empty()); // ext2 takes no such option
    CHECK(execute::options_without_replay("vfat").empty());
    Machine machine;
    machine.profile.machine.mounts[1].type = "btrfs";
    machine.profile.machine.mounts[1].options = "rw,subvol=/@";
    REQUIRE(InstalledRoot::open(machine.context, false));
    CHECK(machine.mounts().at(0) == "/dev/md1 on /root ro rescue=nologreplay,subvol=/@");
}

TEST_CASE("a filesystem is where the device is mounted, whatever it is called there") {
    Machine machine;
    machine.system.given["/sys/class/block/md1/dev"] = "9:1\n";
    machine.system.given["/proc/self/mountinfo"] =
        "30 1 9:1 /sub /bound rw - ext3 /dev/md/root rw\n31 1 9:1 / /mnt rw - ext3 /dev/md/root "
        "rw\n";
    CHECK(execute::mounted_at(machine.system, "/dev/md1") == "/mnt");
    CHECK(execute::mounted_at(machine.system, "/dev/md0").empty());
}

TEST_CASE("inside LUKS: for writing its array must be whole") {
    Machine machine;
    for (auto &array : machine.profile.machine.arrays)
        array.content = {};
    machine.profile.machine.arrays[1].content.kind = model::Content::Kind::luks;
    machine.profile.machine.mounts[1].source = "/dev/mapper/md1_crypt";
    machine.system.given["/dev/mapper/md1_crypt"] = "";
    const auto refused = [&] {
        const auto root = InstalledRoot::open(machine.context, true);
        return !root && root.error().message.find("not whole yet") != std::string::npos &&
               machine.system.mounts.empty();
    };
    SUBCASE("it is") {
        REQUIRE(InstalledRoot::open(machine.context, true));
        CHECK(machine.mounts().at(0) == "/dev/mapper/md1_crypt on /root");
    }
    SUBCASE("it is being rebuilt") {
        machine.system.given["/sys/block/md1/md/degraded"] = "1\n";
        CHECK(refused());
    }
    SUBCASE("another container comes first, and the root's is being rebuilt") {
        machine.profile.machine.arrays[0].content.kind = model::Content::Kind::luks;
        machine.system.given["/sys/block/md1/md/degraded"] = "1\n";
        CHECK(refused());
    }
}
