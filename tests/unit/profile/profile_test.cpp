// SPDX-License-Identifier: GPL-3.0-or-later
#include "profile/profile.h"
#include "profile/recorded.h"

#include "../support/example_machine.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <limits>

using namespace mdrescue;

namespace {

/// The mirror with something in every field it leaves empty, and hostile bytes from disks.
model::Profile everything() {
    model::Profile profile = test::profile_of(test::mirror_uefi_machine());
    profile.degraded = true;
    model::Machine &machine = profile.machine;
    machine.warnings = {"cannot read /dev/sr0: \x1b[31mred"};
    machine.host_name = "caf\xc3\xa9";
    model::Disk &disk = machine.disks[0];
    disk.serial = "$(reboot)\xff\xfe \"quoted\"";
    disk.size = std::numeric_limits<std::uint64_t>::max();
    disk.removable = disk.read_only = true;
    disk.boot_areas = {{0, 440, std::string("\0\x01\xff", 3)}};
    disk.table->partitions[0].bootable = true;
    disk.table->partitions[0].attributes = "RequiredPartition GUID:60";
    disk.table->partitions[0].content.filesystem->label = std::string("A\0B\x80", 4);
    disk.table->partitions[1].content.details = {{"cipher", "aes-xts-plain64"}, {"odd", "\xc3"}};
    model::Array &array = machine.arrays[0];
    array.preferred_minor = 0;
    array.level = -1;
    array.journal = array.reshaping = true;
    array.slots_up = {true, false};
    array.members[0].recovery_offset = 0;
    array.members[1].slot = -3;
    array.members[1].bad_blocks = array.members[1].clean = true;
    array.table = disk.table;
    machine.volume_groups[0].metadata_backup = "# \xe2\x82\xac\nvg0 {}\n";
    return profile;
}

/// A small machine, so that a test may parse its profile thousands of times.
model::Profile small() {
    model::Profile profile = test::profile_of({});
    profile.machine.disks = {test::linux_journal_disk(1)};
    return profile;
}

std::string error_of(std::string_view text) {
    const auto profile = profile::from_json(text);
    return profile ? "read" : profile.error().message;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

} // namespace

TEST_CASE("a profile comes back as it went") {
    for (const auto &profile :
         {everything(), model::Profile{}, test::profile_of(test::linux_journal_machine("0.90")),
          test::profile_of(test::linux_journal_machine("1.2"))}) {
        const std::string text = profile::to_json(profile);
        const auto back = profile::from_json(text);
        REQUIRE_MESSAGE(back, back.error().message);
        CHECK(*back == profile);
        CHECK(profile::to_json(*back) == text);
    }
}

TEST_CASE("the text is canonical and harmless on a terminal") {
    const std::string text = profile::to_json(everything());
    CHECK(text.back() == '\n');
    CHECK(std::all_of(text.begin(), text.end(),
                      [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
    CHECK(text.find("\"base64\": \"QQBCgA==\"") != std::string::npos); // a label that is no UTF-8
    CHECK(text.find("\"bytes\": {\n") != std::string::npos);           // boot areas always
    CHECK(text.find("\"host_name\": \"caf\\u00e9\"") != std::string::npos);
    CHECK(text.find("\"format\": \"mdrescue profile\"") != std::string::npos);
    CHECK(text.find("\"arrays\"") < text.find("\"disks\"")); // keys sorted
}

TEST_CASE("a bare machine, as probe prints it") {
    const model::Machine machine = test::linux_journal_machine();
    const std::string text = profile::to_json(machine);
    const auto back = profile::from_json(text);
    REQUIRE_MESSAGE(back, back.error().message);
    CHECK(back->machine == machine);
    CHECK(back->made_by.empty());
    CHECK(text.find("made_by") == std::string::npos);
}

TEST_CASE("a newer version is refused plainly, however it looks otherwise") {
    const auto newer = profile::from_json(
        R"({"format": "mdrescue profile", "version": 2, "made_by": "mdrescue 0.9.1", "disks": {"a": 1}})");
    REQUIRE_FALSE(newer);
    CHECK(newer.error().message ==
          "made by mdrescue 0.9.1 with profile version 2; this program reads up to version 1");
    CHECK(newer.error().hint == "Use the program on the image, or a newer mdrescue package.");
    CHECK(error_of(R"({"format": "mdrescue machine", "version": 18446744073709551615})")
              .find("a newer mdrescue") != std::string::npos);
    CHECK(error_of(R"({"format": "mdrescue profile", "version": 2, "made_by": "\u001b[2J"})")
              .find('\x1b') == std::string::npos);
    CHECK(error_of(R"({"format": "mdrescue profile", "version": 0})") ==
          "version: there is no version 0");
    CHECK(error_of(R"({"format": "mdrescue profile", "version": -7})") ==
          "version: there is no version -7");
    CHECK(error_of(R"({"format": "mdrescue profile", "version": "1"})") ==
          "version: must be a whole number");
}

TEST_CASE("what is not ours is refused") {
    CHECK(error_of("") == "not JSON: something is wrong at byte 1 of 0");
    CHECK(error_of("null") == "not a machine profile of mdrescue");
    CHECK(error_of("[1, 2]") == "not a machine profile of mdrescue");
    CHECK(error_of("{}") == "not a machine profile of mdrescue");
    CHECK(error_of(R"({"format": "other"})") == "not a machine profile of mdrescue");
    CHECK(error_of("{\"format\": \"\xff\"}").find("not JSON") == 0);
    CHECK(error_of("{\"format\": \"\\ud800\"}").find("not JSON") == 0);
    CHECK(error_of("[1e99999]") == "not JSON: a number is out of all bounds");
    CHECK(error_of(std::string(5000000, '[')) == "nested deeper than any machine profile");
    CHECK(error_of("{\"a\": \"" + std::string(100, '[') + "\"}") ==
          "not a machine profile of mdrescue");
}

TEST_CASE("a wrong field is named by its path") {
    const std::string good = profile::to_json(small());
    const auto error_with = [&](std::string_view from, std::string_view to) {
        return error_of(replaced(good, from, to));
    };
    REQUIRE(error_of(good) == "read");

    CHECK(error_with("\"made_by\":", "\"made_of\":") == "made_by: missing");
    CHECK(error_with("\"made_by\":", "\"new\\u001b\": 1, \"made_by\":") ==
          "new\\x1b: unknown field");
    CHECK(error_with("\"serial\":", "\"seriel\":") == "machine.disks[0].serial: missing");
    CHECK(error_with("\"model\": \"SEAGATE ST318406LW\"", "\"model\": 7") ==
          "machine.disks[0].model: must be text");
    CHECK(error_with("\"model\": \"SEAGATE ST318406LW\"", "\"model\": {\"base64\": \"!!!!\"}")
              .find("machine.disks[0].model: ") == 0);
    CHECK(error_with("\"model\": \"SEAGATE ST318406LW\"",
                     "\"model\": {\"base64\": \"AA==\", \"x\": 1}") ==
          "machine.disks[0].model: must be an object with the one field \"base64\"");
    CHECK(error_with("\"logical_sector\": 512", "\"logical_sector\": -512") ==
          "machine.disks[0].logical_sector: must be a whole number from 0 to 4294967295");
    CHECK(error_with("\"logical_sector\": 512", "\"logical_sector\": 4294967296") ==
          "machine.disks[0].logical_sector: must be a whole number from 0 to 4294967295");
    CHECK(error_with("\"logical_sector\": 512", "\"logical_sector\": 512.5")
              .find("must be a whole number") != std::string::npos);
    CHECK(error_with("\"logical_sector\": 512", "\"logical_sector\": 99999999999999999999999")
              .find("whole number") != std::string::npos);
    CHECK(error_with("\"logical_sector\": 512", "\"logical_sector\": 0") ==
          "machine.disks[0].logical_sector: not a power of two from 512");
    CHECK(error_with("\"removable\": false", "\"removable\": 0") ==
          "machine.disks[0].removable: must be true or false");
    CHECK(error_with("\"kind\": \"grub_mbr_gap\"", "\"kind\": \"lilo\"") ==
          "machine.disks[0].boot_loaders[0].kind: must be one of \"grub_mbr_gap\", "
          "\"grub_bios_boot\", \"esp\", "
          "\"other_mbr_code\"");
    CHECK(error_with("\"mode\": \"bios\"", "\"mode\": [\"bios\"]") ==
          "machine.firmware.mode: must be one of \"bios\", \"uefi\"");
    CHECK(error_with("\"bootable\": true", "\"bootable\": null") ==
          "machine.disks[0].table.partitions[0].bootable: must be true or false");
    CHECK(error_with("\"arrays\": []", "\"arrays\": {}") == "machine.arrays: must be a list");
    CHECK(error_with("\"made_at\": 1763800200", "\"made_at\": 253402300800") ==
          "made_at: must be a whole number from 0 to 253402300799");
    CHECK(error_with("\"size\": 440", "\"size\": 4") ==
          "machine.disks[0].boot_areas[0]: more bytes than its size, or beyond any disk");
    CHECK(error_with("\"id\": \"disk1\"", "\"id\": \"\"") == "machine.disks[0].id: empty");
}

TEST_CASE("references and ids must hold together") {
    model::Profile profile = test::profile_of(test::linux_journal_machine());
    profile.machine.disks[3].id = "disk2";
    CHECK(error_of(profile::to_json(profile)) ==
          "machine.disks[3].id: used by another disk already");
    profile = test::profile_of(test::linux_journal_machine());
    profile.machine.arrays[1].members[5].device.disk = "disk7";
    CHECK(error_of(profile::to_json(profile)) ==
          "machine.arrays[1].members[5].device.disk: there is no such disk");
    profile = test::profile_of(test::linux_journal_machine());
    profile.machine.arrays[1].slots = 4000000000;
    CHECK(error_of(profile::to_json(profile)) ==
          "machine.arrays[1].slots: must be a whole number from 0 to 1920");
}

TEST_CASE("cut or spoilt anywhere: an error, or another whole profile, never a crash") {
    const std::string good = profile::to_json(small());
    for (std::size_t length = 0; length + 1 < good.size(); ++length)
        CHECK_FALSE(profile::from_json(std::string_view(good).substr(0, length)));
    for (std::size_t at = 0; at < good.size(); ++at)
        for (const char spoilt : {'\0', '"', '}', '9', static_cast<char>(good[at] ^ 0x40)}) {
            std::string bad = good;
            bad[at] = spoilt;
            if (const auto read = profile::from_json(bad))
                CHECK(profile::from_json(profile::to_json(*read)));
        }
}

TEST_CASE("a record of the whole machine is kept while its layout is the same") {
    const model::Profile whole = test::profile_of(test::linux_journal_machine());
    model::Profile now = whole;
    now.degraded = true;
    CHECK(profile::is_whole_record_of(whole, now));
    CHECK_FALSE(profile::is_whole_record_of(now, whole));
    SUBCASE("a disk is gone") {
        now.machine.disks.pop_back();
        CHECK(profile::is_whole_record_of(whole, now));
    }
    SUBCASE("a new disk was partitioned by hand") {
        now.machine.disks[0].table->id = "0x12345678";
        CHECK_FALSE(profile::is_whole_record_of(whole, now));
    }
    SUBCASE("an array was made anew") {
        now.machine.arrays[0].uuid = "new";
        CHECK_FALSE(profile::is_whole_record_of(whole, now));
    }
    SUBCASE("an array was grown") {
        ++now.machine.arrays[0].slots;
        CHECK_FALSE(profile::is_whole_record_of(whole, now));
    }
    SUBCASE("a partition of a survivor was made smaller") {
        now.machine.disks[0].table->partitions[0].size -= 2048;
        CHECK(profile::is_whole_record_of(whole, now));
    }
    SUBCASE("the image is another machine's") {
        now.machine.machine_id = "other";
        CHECK_FALSE(profile::is_whole_record_of(whole, now));
    }
}
