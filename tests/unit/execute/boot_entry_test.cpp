// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/boot_entries.h"
#include "execute/proof.h"
#include "execute/run.h"
#include "execute/steps.h"

#include "recovery.h"
#include "util/bytes.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <optional>

using namespace mdrescue;
using execute::Status;
using Kind = Status::Kind;
using Argv = std::vector<std::string>;

namespace {

const std::string esp_guid = "0A1B2C31-0100-4000-8000-000000000001";
const std::string shim = "\\EFI\\debian\\shimx64.efi";
constexpr const char *global = "-8be4df61-93ca-11d2-aa0d-00e098032b8c";

std::string utf16(const std::string &text) {
    std::string bytes;
    for (const char c : text) {
        bytes += c;
        bytes += '\0';
    }
    return bytes + std::string(2, '\0');
}

/// HD(1,GPT,<guid>)/File(<file>), as UEFI specification 2.10, 3.1.3 and 10.3.5 lay it out.
std::string load_option(const std::string &label, const std::string &guid,
                        const std::string &file) {
    std::string path("\x04\x01\x2a\x00", 4);
    path +=
        std::string("\x01\0\0\0", 4) + std::string(16, '\0') + *util::guid_bytes(guid) + "\x02\x02";
    const std::string name = utf16(file);
    path += std::string("\x04\x04", 2) + static_cast<char>(name.size() + 4) + '\0' + name;
    path += std::string("\x7f\xff\x04\x00", 4);
    return std::string("\x01\0\0\0", 4) + static_cast<char>(path.size()) + '\0' + utf16(label) +
           path;
}

/// The UEFI mirror after disk1 was replaced, and the firmware it was started by.
struct Mirror : test::Recovery {
    plan::MakeBootEntry step;

    Mirror() {
        profile = test::profile_of(test::mirror_uefi_machine());
        context.observed = profile.machine;
        plan.disks = {{"disk1", "disk1"}, {"disk2", "disk2"}};
        context.observed.disks[0].wwn.clear();
        plug_in(context.observed.disks[0]);
        step = {{"disk1", 1}, profile.machine.firmware.boot_entries[1]};
        plan.steps = {step};
        system.given["/sys/firmware/efi"] = "";
        system.write(system.filesystem("/dev/nvme0n1p1") + "/EFI/debian/shimx64.efi", "shim");
        set("BootOrder", std::string("\x00\x00", 2));
        set("Boot0000", std::string("\x01\0\0\0\0\0", 6) + utf16("UEFI PXE"));
        system.program = [this](const system::Command &command) { return efibootmgr(command); };
    }

    void set(const std::string &name, const std::string &value) {
        system.given["/sys/firmware/efi/efivars/" + name + global] =
            std::string("\x07\0\0\0", 4) + value;
    }

    bool full = false;

    util::Result<system::Output> efibootmgr(const system::Command &command) {
        const auto has = [&](const char *word) {
            return std::find(command.argv.begin(), command.argv.end(), word) != command.argv.end();
        };
        if (full)
            return system::Output{5, "",
                                  "Could not prepare Boot variable: No space left on device"};
        if (has("--create")) {
            set("Boot0001", load_option("debian", esp_guid, shim));
            set("BootOrder", std::string("\x01\0\x00\x00", 4));
        }
        if (has("--bootorder"))
            set("BootOrder", std::string("\x00\x00\x01\0", 4));
        return system::Output{};
    }
};

struct Told final : execute::Watcher {
    void begins(std::size_t) override {}
    void ended(std::size_t, const Status &status) override { all.push_back(status); }
    std::vector<Status> all;
};

model::Firmware firmware(std::vector<unsigned> order, std::vector<model::BootEntry> entries) {
    return {model::Firmware::Mode::uefi, false, std::move(order), std::move(entries)};
}

model::BootEntry entry(unsigned number, const std::string &guid) {
    return {number, "", true, guid, guid.empty() ? "" : shim, fmt::format("raw {}", number)};
}

} // namespace

TEST_CASE("a boot entry the firmware has forgotten is made again") {
    Mirror machine;
    CHECK(execute::check(machine.context, machine.step).kind == Kind::not_done);
    REQUIRE(execute::apply(machine.context, machine.step));
    CHECK(machine.system.commands[0].argv == Argv{"efibootmgr", "--quiet", "--create", "--disk",
                                                  "/dev/nvme0n1", "--part", "1", "--label",
                                                  "debian", "--loader", shim});
    CHECK(machine.system.commands.size() == 1); // it was the first, and is
    CHECK(execute::check(machine.context, machine.step).kind == Kind::done);
}

TEST_CASE("one that is still there is left alone") {
    Mirror machine;
    machine.set("Boot0007", load_option("another label", esp_guid, "\\EFI\\DEBIAN\\SHIMX64.EFI"));
    machine.set("BootOrder", std::string("\x00\x00\x07\x00", 4));
    const Status seen = execute::check(machine.context, machine.step);
    CHECK(seen.kind == Kind::done);
    CHECK(seen.reason == "Boot0007 leads to it");
}

TEST_CASE("one that the firmware passes over is put into its order, and no second one is made") {
    Mirror machine;
    machine.set("Boot0007", load_option("debian", esp_guid, shim));
    CHECK(execute::check(machine.context, machine.step).kind == Kind::not_done);
    REQUIRE(execute::apply(machine.context, machine.step));
    REQUIRE(machine.system.commands.size() == 1);
    CHECK(machine.system.commands[0].argv ==
          Argv{"efibootmgr", "--quiet", "--bootorder", "0007,0000"});
}

TEST_CASE("it gets its recorded place in the boot order") {
    Mirror machine;
    machine.profile.machine.firmware.boot_order = {0, 3};
    machine.profile.machine.firmware.boot_entries[0].raw =
        std::string("\x01\0\0\0\0\0", 6) + utf16("UEFI PXE");
    REQUIRE(execute::apply(machine.context, machine.step));
    CHECK(machine.system.commands.back().argv ==
          Argv{"efibootmgr", "--quiet", "--bootorder", "0000,0001"});
}

TEST_CASE("places in the boot order") {
    const auto order = [](const model::Firmware &recorded, const model::Firmware &now) {
        return execute::order_with(entry(9, "B"), recorded, now);
    };
    const model::Firmware recorded =
        firmware({1, 2, 3}, {entry(1, "A"), entry(2, "B"), entry(3, "C")});
    using Order = std::vector<unsigned>;
    CHECK(order(recorded, firmware({9, 1, 3}, {entry(1, "A"), entry(3, "C"), entry(9, "B")})) ==
          Order{1, 9, 3});
    // Others under other numbers, and new ones.
    CHECK(order(recorded, firmware({9, 5, 6, 4}, {entry(4, "C"), entry(5, ""), entry(6, "A"),
                                                  entry(9, "B")})) == Order{5, 6, 9, 4});
    // None that came before it is left.
    CHECK(order(recorded, firmware({3}, {entry(3, "C"), entry(9, "B")})) == Order{9, 3});
    CHECK(order(firmware({}, {}), firmware({3, 9}, {})) == Order{9, 3});
}

TEST_CASE("started by BIOS firmware: told, with what starts the disk all the same") {
    Mirror machine;
    machine.system.given.erase("/sys/firmware/efi");
    Status seen = execute::check(machine.context, machine.step);
    CHECK(seen.kind == Kind::skipped);
    CHECK(seen.reason == "this system was started by BIOS firmware, which has no boot entries; "
                         "firmware finds the loader in \\EFI\\BOOT without one");
    machine.profile.machine.disks[0].boot_loaders[0].files = {shim};
    machine.plan.replacements.clear(); // a survivor is not written to
    seen = execute::check(machine.context, machine.step);
    CHECK(seen.kind == Kind::skipped);
    CHECK(seen.reason.ends_with(
        "there is no loader in \\EFI\\BOOT, which firmware would find without one"));
}

/// The same, its partition recorded and restored without a loader in \EFI\BOOT.
struct NoFallback : Mirror {
    const std::string files = system.filesystem("/dev/nvme0n1p1") + "/EFI/";

    NoFallback() {
        profile.machine.disks[0].boot_loaders[0].files = {shim, "\\EFI\\debian\\grubx64.efi"};
        system.write(files + "debian/shimx64.efi", "shim");
        system.write(files + "debian/grubx64.efi", "grub");
        system.write(files + "debian/fbx64.efi", "no");
    }
    Status run() {
        Told told;
        CHECK(execute::run_steps(context, told, 0, 1).kind == execute::RunResult::Kind::done);
        return told.all.at(0);
    }
    std::optional<std::string> starts() {
        const model::Disk &disk = profile.machine.disks[0];
        return execute::uefi_start(context, disk, disk.boot_loaders[0], true).by;
    }
};

TEST_CASE("where no entry can be made, a loader takes its place on the new disk (FAULTS 34)") {
    NoFallback machine;
    SUBCASE("the firmware is full") { machine.full = true; }
    SUBCASE("it is a BIOS") { machine.system.given.erase("/sys/firmware/efi"); }
    CHECK_FALSE(machine.starts());
    auto attributes = machine.system.look(machine.files).value()->attributes;
    attributes.mtime = 1000;
    REQUIRE(machine.system.set_attributes(machine.files, attributes, false));
    CHECK(machine.run().kind == Kind::done);
    CHECK(machine.system.look(machine.files).value()->attributes.mtime == 1000);
    CHECK(machine.system.read_file(machine.files + "BOOT/BOOTX64.EFI", 16).value() == "shim");
    CHECK(machine.system.list(machine.files + "BOOT").value() ==
          Argv{"BOOTX64.EFI", "grubx64.efi"});
    CHECK(machine.system.mounted.empty());
    CHECK(machine.starts() == "\\EFI\\BOOT");
    CHECK(machine.run().kind == Kind::done); // twice is once
}

TEST_CASE("a loader that has the place in \\EFI\\BOOT already stays") {
    NoFallback machine;
    machine.full = true;
    machine.system.write(machine.files + "BOOT/grubx64.efi", "another");
    CHECK(machine.run().kind == Kind::skipped);
    CHECK(machine.system.read_file(machine.files + "BOOT/grubx64.efi", 16).value() == "another");
    CHECK_FALSE(machine.system.exists(machine.files + "BOOT/BOOTX64.EFI"));
}

TEST_CASE(
    "a survivor's entry that is passed over is put right, whatever is in \\EFI\\BOOT by now") {
    NoFallback machine;
    machine.plan.replacements.clear();
    machine.system.write(machine.files + "BOOT/BOOTX64.EFI", "shim");
    CHECK(execute::check(machine.context, machine.step).kind == Kind::done);
    machine.set("Boot0001", load_option("debian", esp_guid, shim)); // not in the boot order
    CHECK(execute::check(machine.context, machine.step).kind == Kind::not_done);
}

TEST_CASE("where the firmware takes the entry, no loader is put anywhere else") {
    NoFallback machine;
    CHECK(machine.run().kind == Kind::done);
    CHECK_FALSE(machine.system.exists(machine.files + "BOOT"));
}

TEST_CASE("no loader is put on what is no replacement of the plan, or must not be written to") {
    NoFallback machine;
    machine.full = true;
    SUBCASE("the disk was not replaced") { machine.plan.replacements.clear(); }
    SUBCASE("another disk has its name by now") {
        machine.system.given["/sys/block/nvme0n1/serial"] = "ANOTHER\n";
    }
    SUBCASE("another disk is the replacement") {
        machine.plan.replacements = {{"disk1", "disk2", diagnose::Fitness::blank}};
    }
    SUBCASE("it is read-only") { machine.context.observed.disks[0].read_only = true; }
    SUBCASE("its start marker is not there") {
        machine.plan.steps.emplace_back(plan::MarkDisk{"disk1", 0, std::string(512, 'm')});
    }
    CHECK(machine.run().kind == Kind::skipped);
    CHECK_FALSE(machine.system.exists(machine.files + "BOOT"));
}

TEST_CASE("a firmware that takes no entry does not end the recovery (FAULTS 34)") {
    Mirror machine;
    SUBCASE("full or read-only") { machine.full = true; }
    SUBCASE("it forgets") {
        machine.system.program = [](const system::Command &) { return system::Output{}; };
    }
    SUBCASE("no efibootmgr on the disc") {
        machine.system.program = [](const system::Command &) {
            return util::Result<system::Output>(util::fail("cannot run efibootmgr"));
        };
    }
    Told told;
    const auto result = execute::run_steps(machine.context, told, 0, 1);
    CHECK(result.kind == execute::RunResult::Kind::done);
    REQUIRE(told.all.size() == 1);
    CHECK(told.all[0].kind == Kind::skipped);
    CHECK(told.all[0].reason.find("finds the loader in \\EFI\\BOOT") != std::string::npos);
}

TEST_CASE("a step that others need does end it") {
    Mirror machine;
    machine.plan.steps = {plan::MakeFilesystem{{"disk1", 1}, {"xfs", "", "", {}}}, machine.step};
    Told told;
    const auto result = execute::run_steps(machine.context, told, 0, 2);
    CHECK(result.kind == execute::RunResult::Kind::blocked);
    CHECK(told.all.size() == 1);
}

TEST_CASE("no entry for what another disk holds now") {
    Mirror machine;
    machine.system.given["/sys/block/nvme0n1/serial"] = "ANOTHER\n";
    CHECK_FALSE(execute::apply(machine.context, machine.step));
    CHECK(machine.system.commands.empty());
}

TEST_CASE("how the firmware starts a disk") {
    Mirror machine;
    const model::Disk &disk = machine.profile.machine.disks[0];
    model::BootLoader esp = disk.boot_loaders[0];
    const auto start = [&](bool look) {
        return execute::uefi_start(machine.context, disk, esp, look);
    };
    CHECK(start(false).by == "\\EFI\\BOOT");
    machine.set("Boot0001", load_option("debian", esp_guid, shim));
    CHECK(start(false).by == "\\EFI\\BOOT"); // it is not in the boot order
    machine.set("BootOrder", std::string("\x00\x00\x01\x00", 4));
    CHECK(start(false).by == "boot entry \"debian\"");
    machine.set("Boot0001", load_option("debian", esp_guid, "\\EFI\\old\\grubx64.efi"));
    CHECK(start(false).by == "\\EFI\\BOOT"); // it leads to nothing
    machine.set("Boot0001", load_option("debian", esp_guid, "\\efi\\debian\\SHIMX64.EFI"));
    CHECK(start(false).by == "boot entry \"debian\"");
    const std::string files = machine.system.filesystem("/dev/nvme0n1p1");
    CHECK(start(true).why_not == "\\EFI\\BOOT\\BOOTX64.EFI is not there");
    for (const char *name : {"BOOT/BOOTX64.EFI", "debian/grubx64.efi", "debian/shimx64.efi"})
        machine.system.write(files + "/EFI/" + name, "PE");
    CHECK(start(true).by == "boot entry \"debian\"");
    CHECK(machine.system.mounts[0].ends_with("/esp ro"));
    CHECK(machine.system.mounted.empty());
    machine.system.given.erase(std::string("/sys/firmware/efi/efivars/Boot0001") + global);
    esp.files = {shim};
    CHECK_FALSE(start(false).by);
    CHECK(start(false).why_not.find("no boot entry") != std::string::npos);
}

TEST_CASE("the proof says of each disk of a UEFI machine whether it starts it") {
    Mirror machine;
    machine.plan.replacements.clear();
    const auto sentences = [&] {
        std::vector<std::string> all;
        for (const auto &proof : execute::prove(machine.context).disks)
            all.push_back((proof.proven ? "yes " : "no ") +
                          proof.sentence.substr(proof.sentence.find("starts")));
        return all;
    };
    const std::string gone = "no starts this machine: not proven: \\EFI\\BOOT\\BOOTX64.EFI is not "
                             "there";
    CHECK(sentences() == Argv{gone, gone});
    for (const char *device : {"/dev/nvme0n1p1", "/dev/nvme1n1p1"})
        for (const char *name : {"BOOT/BOOTX64.EFI", "debian/grubx64.efi", "debian/shimx64.efi"})
            machine.system.write(machine.system.filesystem(device) + "/EFI/" + name, "PE");
    machine.set("Boot0001", load_option("debian", esp_guid, shim));
    machine.set("BootOrder", std::string("\x01\x00", 2));
    CHECK(sentences() == Argv{"yes starts this machine: yes (boot entry \"debian\")",
                              "yes starts this machine: yes (\\EFI\\BOOT)"});
    // A replaced disk needs its files read back against the disc, which is not here.
    machine.plan.replacements = {{"disk1", "disk1", diagnose::Fitness::blank}};
    machine.plan.steps = {
        plan::RestoreFiles{{"disk1", 1}, "vfat", "5E1D-00A1", "mdrescue/esp/disk1-1", "/boot/efi"}};
    CHECK(sentences()[0] == "no starts this machine: not proven");
}
