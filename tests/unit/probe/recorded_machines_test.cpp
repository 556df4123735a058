// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/probe.h"

#include <algorithm>
#include <doctest/doctest.h>

using namespace mdrescue;
using namespace mdrescue::probe;
using Kind = model::Content::Kind;

namespace {

Facts recording(const std::string &name) {
    auto facts = load(MDRESCUE_SOURCE_DIR "/tests/machines/" + name);
    REQUIRE_MESSAGE(facts.has_value(), facts.error().message);
    return *facts;
}

model::Machine machine_of(const Facts &facts) {
    auto machine = interpret(facts);
    REQUIRE_MESSAGE(machine.has_value(), machine.error().message);
    return *machine;
}

const model::Array &array_named(const model::Machine &machine, const std::string &name,
                                const std::string &metadata) {
    const auto found =
        std::find_if(machine.arrays.begin(), machine.arrays.end(), [&](const auto &array) {
            return array.name == name && array.metadata == metadata;
        });
    REQUIRE(found != machine.arrays.end());
    return *found;
}

} // namespace

TEST_CASE("a recorded machine with every metadata version") {
    const auto machine = machine_of(recording("every-metadata"));
    CHECK(machine.warnings.empty());
    CHECK(machine.firmware.mode == model::Firmware::Mode::bios);
    CHECK(machine.architecture == "x86_64");

    REQUIRE(machine.disks.size() == 10);
    CHECK(machine.disks[3].position == "pci-0000:00:05.0-scsi-0:0:9:0");
    CHECK(machine.disks[4].position == "pci-0000:00:05.0-scsi-0:0:10:0");
    CHECK(machine.disks[2].wwn == "0x5000c50012345678");
    CHECK(machine.disks[7].serial == "vb $(r)");
    CHECK(machine.disks[8].transport == "usb");

    const auto &first = machine.disks[0];
    REQUIRE(first.table);
    CHECK(first.table->label == "dos");
    CHECK(first.table->partitions.size() == 6);
    CHECK(first.table->partitions[0].bootable);
    CHECK(first.table->partitions[0].content.filesystem->label == "/bo ot");
    CHECK(first.table->partitions[5].content.kind == Kind::md_member);
    // Boot code and the gap before the first partition.
    REQUIRE(first.boot_areas.size() == 2);
    CHECK(first.boot_areas[0].offset == 0);
    CHECK(first.boot_areas[0].size == 440);
    CHECK(first.boot_areas[1].offset == 512);
    CHECK(first.boot_areas[1].size == 2047 * 512);

    const auto &gpt = machine.disks[4];
    CHECK(gpt.table->partitions[1].attributes == "RequiredPartition GUID:60");
    CHECK(gpt.table->partitions[2].name == "we $(x)");
    CHECK(gpt.table->partitions[4].content.details.at("version") == "2");
    CHECK(machine.disks[3].table->partitions[5].content.details.at("cipher") == "aes-xts-plain64");
    CHECK(gpt.table->first_usable == 2048);
    CHECK(gpt.table->last_usable == gpt.size / 512 - 34);
    // The whole BIOS boot partition.
    REQUIRE(gpt.boot_areas.size() == 2);
    CHECK(gpt.boot_areas[1].offset == gpt.table->partitions[0].start * 512);
    CHECK(gpt.boot_areas[1].size == gpt.table->partitions[0].size * 512);
    REQUIRE(gpt.boot_loaders.size() == 1);
    CHECK(gpt.boot_loaders[0].files ==
          std::vector<std::string>{"\\EFI\\BOOT\\BOOTX64.EFI", "\\EFI\\debian\\shimx64.efi"});
    // A member without a table of its own: the partitions are the array's.
    CHECK(machine.disks[5].content.kind == Kind::md_member);
    CHECK_FALSE(machine.disks[5].table);

    REQUIRE(machine.arrays.size() == 5);
    const auto &raid6 = array_named(machine, "root", "1.2");
    CHECK(raid6.homehost == "victim");
    CHECK(model::slot_map(raid6) == "[UUU_]");
    CHECK(raid6.bitmap == "internal");
    CHECK(raid6.content.filesystem->label == "q\"uo$(x)");
    REQUIRE(raid6.members.size() == 4);
    CHECK(raid6.members[3].events < raid6.members[0].events);
    const auto &raid10 = array_named(machine, "3", "1.1");
    CHECK(raid10.members[0].bad_blocks);
    CHECK_FALSE(raid10.members[1].bad_blocks);
    const auto &spare = array_named(machine, "2", "1.0");
    CHECK(spare.members[2].slot == -1);
    CHECK(model::slot_map(spare) == "[UU]");
    CHECK(array_named(machine, "whole", "1.2").table->partitions[0].content.filesystem->type ==
          "ext2");
    const auto &old = array_named(machine, "", "0.90");
    CHECK(old.content.filesystem->type == "swap");
    CHECK(old.content.filesystem->parameters.at("pages") == std::to_string(old.size / 4096));
    CHECK(old.kernel_name == "md0");

    REQUIRE(machine.volume_groups.size() == 1);
    const auto &group = machine.volume_groups[0];
    CHECK(group.physical_volumes.size() == 2);
    REQUIRE(group.volumes.size() == 2);
    CHECK(group.volumes[0].name == "home");
    CHECK(group.volumes[0].size == 12U << 20U);
    CHECK(group.volumes[0].content.filesystem->type == "ext4");
    CHECK(group.metadata_backup.starts_with("vg0 {\n"));
    CHECK(group.metadata_backup.find("contents = \"Text Format Volume Group\"") !=
          std::string::npos);

    REQUIRE(machine.mounts.size() == 4);
    CHECK(machine.mounts[1].source == "/dev/mapper/vg0-home");
    CHECK(machine.mounts[1].target == "/mnt/a b");
    CHECK(machine.mounts[1].uuid == group.volumes[0].content.filesystem->uuid);
    CHECK(machine.mounts[3].type == "swap");
}

TEST_CASE("the same machine with its arrays stopped: what they are comes from the superblocks") {
    const auto running = machine_of(recording("every-metadata"));
    const auto stopped = machine_of(recording("every-metadata-stopped"));
    CHECK(stopped.warnings.empty());
    REQUIRE(stopped.arrays.size() == running.arrays.size());
    for (std::size_t i = 0; i < stopped.arrays.size(); ++i) {
        CHECK(stopped.arrays[i].uuid == running.arrays[i].uuid);
        CHECK(model::slot_map(stopped.arrays[i]) == model::slot_map(running.arrays[i]));
    }
    CHECK(array_named(stopped, "root", "1.2").running_state == "readonly");
    CHECK(array_named(stopped, "", "0.90").kernel_name.empty());
    CHECK(stopped.volume_groups[0].volumes[0].content.type == "inactive");
    for (std::size_t i = 0; i < stopped.disks.size(); ++i)
        CHECK(stopped.disks[i].position == running.disks[i].position);
}

TEST_CASE("facts that are missing, cut short or damaged never crash") {
    const Facts whole = recording("every-metadata");
    constexpr std::size_t groups = 40; // some ten facts at a time
    const auto each_group = [&](const auto &damage) {
        for (std::size_t group = 0; group < groups; ++group) {
            Facts damaged = whole;
            std::size_t number = 0;
            for (const auto &[name, bytes] : whole)
                if (number++ % groups == group)
                    damage(damaged, name, bytes);
            static_cast<void>(interpret(damaged));
        }
    };
    each_group(
        [](Facts &facts, const std::string &name, const std::string &) { facts.erase(name); });
    each_group(
        [](Facts &facts, const std::string &name, const std::string &) { facts[name] = ""; });
    each_group([](Facts &facts, const std::string &name, const std::string &bytes) {
        facts[name] = bytes.substr(0, bytes.size() / 2);
    });
    for (const char filler : {'\xff', '9', '\0'})
        each_group([&](Facts &facts, const std::string &name, const std::string &bytes) {
            facts[name] = std::string(bytes.size(), filler);
        });
}

TEST_CASE("a member that is gone leaves a hole, not another array") {
    Facts facts = recording("every-metadata-stopped");
    std::erase_if(facts,
                  [](const auto &fact) { return fact.first.find("/sdb") != std::string::npos; });
    const auto machine = machine_of(facts);
    CHECK(machine.disks.size() == 9);
    CHECK(model::slot_map(array_named(machine, "", "0.90")) == "[U_U]");
    CHECK(model::slot_map(array_named(machine, "2", "1.0")) == "[U_]");
}
