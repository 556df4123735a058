// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/devices.h"
#include "agent/early.h"
#include "agent/modules.h"

#include "../support/fake_system.h"

#include <algorithm>
#include <doctest/doctest.h>

using namespace mdrescue;
using namespace mdrescue::agent;

TEST_CASE("listed modules are loaded in order by one call") {
    FakeSystem system;
    system.files["/proc/sys/kernel/osrelease"] = "6.1.0-56-amd64\n";
    CHECK_FALSE(Modules(system).load_listed());
    system.files["/lib/modules/6.1.0-56-amd64/mdrescue.load"] =
        "# first\nmd_mod\n\nraid456\nisofs\n";
    CHECK(Modules(system).load_listed());
    CHECK(system.commands == std::vector<std::vector<std::string>>{
                                 {"busybox", "modprobe", "-a", "md_mod", "raid456", "isofs"}});
}

TEST_CASE("a driver the kernel refuses is told, one without hardware is not") {
    FakeSystem system;
    system.files["/proc/sys/kernel/osrelease"] = "6.1.0\n";
    system.files["/lib/modules/6.1.0/mdrescue.load"] = "sd_mod\n";
    system.program = [](const system::Command &) {
        return system::Output{1, "",
                              "modprobe: can't load module crc32c_intel (x.ko): No such device\n"
                              "modprobe: module i8042 not found in modules.dep\n"
                              "modprobe: can't load module sd_mod (y.ko): unknown symbol\n"};
    };
    CHECK(Modules(system).load_listed().value() ==
          std::vector<std::string>{"modprobe: can't load module sd_mod (y.ko): unknown symbol"});
}

TEST_CASE("drivers bring devices that need drivers, until nothing new comes") {
    FakeSystem system;
    system.files["/sys/bus/pci/devices/0000:00:05.0/modalias"] = "pci:v1\n";
    system.files["/sys/bus/pci/devices/0000:00:06.0/modalias"] = "pci:v1\n";
    system.files["/sys/bus/cpu/devices/cpu0/uevent"] = "";
    system.program = [&](const system::Command &command) {
        if (command.argv.back() == "pci:v1")
            system.files["/sys/bus/scsi/devices/0:0:0:0/modalias"] = "scsi:t-0x00\n";
        return system::Output{1, "", ""}; // a device without a driver is nothing special
    };
    Modules modules(system);
    CHECK(modules.coldplug());
    CHECK(system.commands == std::vector<std::vector<std::string>>{
                                 {"busybox", "modprobe", "-a", "-b", "-q", "pci:v1"},
                                 {"busybox", "modprobe", "-a", "-b", "-q", "scsi:t-0x00"}});
}

TEST_CASE("devices that never stop coming do not hold up the start") {
    FakeSystem system;
    int number = 0;
    system.program = [&](const system::Command &) {
        system.files["/sys/bus/usb/devices/" + std::to_string(number) + "/modalias"] =
            "usb:" + std::to_string(number);
        ++number;
        return system::Output{};
    };
    system.files["/sys/bus/usb/devices/x/modalias"] = "usb:x";
    CHECK(Modules(system).coldplug());
    CHECK(number == 10);
}

TEST_CASE("arrays are not started where md cannot be told to keep them read-only") {
    FakeSystem system;
    CHECK(start_arrays_read_only(system));
    CHECK(system.controls["/sys/module/md_mod/parameters/start_ro"] == "1");
    system.refused_controls = {"/sys/module/md_mod/parameters/start_ro"};
    CHECK_FALSE(start_arrays_read_only(system));
}

TEST_CASE("which block devices count") {
    FakeSystem system;
    for (const char *name : {"sda", "sda1", "sr0", "md127", "loop0", "ram0", "dm-0", "nvme0n1"})
        system.files[std::string("/sys/class/block/") + name + "/size"] = "8\n";
    system.files["/sys/class/block/sda1/partition"] = "1\n";
    system.files["/sys/class/block/sr0/size"] = "0\n";
    CHECK(block_devices(system) == std::vector<BlockDevice>{{"nvme0n1", 4096, false},
                                                            {"sda", 4096, false},
                                                            {"sda1", 4096, true},
                                                            {"sr0", 0, false}});
}

TEST_CASE("all disks may be here when there is one of the size for each") {
    model::Machine recorded;
    recorded.disks.resize(2);
    recorded.disks[0].size = recorded.disks[1].size = 4096;
    CHECK_FALSE(as_many_as_recorded(recorded, {{"sda", 4096, false}, {"sda1", 4096, true}}));
    CHECK_FALSE(as_many_as_recorded(recorded, {{"sda", 4096, false}, {"sdb", 8192, false}}));
    CHECK(as_many_as_recorded(recorded, {{"sda", 4096, false}, {"sdb", 4096, false}}));
}

TEST_CASE("the early start goes on without what is missing, and tells") {
    FakeSystem system;
    CHECK(early_start(system).empty());
    const auto has = [&](const char *mount) {
        return std::find(system.mounts.begin(), system.mounts.end(), mount) != system.mounts.end();
    };
    CHECK(has("devtmpfs on /dev"));
    CHECK_FALSE(has("efivarfs on /sys/firmware/efi/efivars"));
    FakeSystem efi;
    efi.files["/sys/firmware/efi/fw_platform_size"] = "64";
    efi.refused_controls = {"/proc/sys/kernel/printk"};
    CHECK(early_start(efi).size() == 1);
    CHECK(efi.mounts.back() == "efivarfs on /sys/firmware/efi/efivars");
}
