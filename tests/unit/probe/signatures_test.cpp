// SPDX-License-Identifier: GPL-3.0-or-later
#include "fake_system.h"
#include "probe/signatures.h"

#include <doctest/doctest.h>

using namespace mdrescue;
using namespace mdrescue::probe;

TEST_CASE("udev's escapes give the raw bytes back") {
    CHECK(decode_udev("L\\x1b\\x5b31m\\xff\\x5cx41") == "L\x1b[31m\xff\\x41");
    CHECK(decode_udev("\\x4") == "\\x4");
    CHECK(decode_udev("\\xzz\\x") == "\\xzz\\x");
    CHECK(decode_udev("plain \\") == "plain \\");
}

TEST_CASE("an ambivalent device lists its types") {
    const Signature signature =
        parse_signature("ID_FS_AMBIVALENT=filesystem:ext4:1.0 other:swap:1\n");
    CHECK(signature.ambivalent == std::vector<std::string>{"ext4", "swap"});
}

TEST_CASE("one blkid answers for many devices, and what it stops at is asked for alone") {
    test::FakeSystem system;
    system.files["/dev/sdb"] = std::string(4096, '\0');
    // sdb is blank, sdd has two signatures, sdf cannot be read.
    const std::map<std::string, system::Output> answers{
        {"/dev/sda", {0, "ID_PART_TABLE_TYPE=dos\n", ""}},
        {"/dev/sdb", {2, "", ""}},
        {"/dev/sdc", {0, "ID_FS_TYPE=ext4\n", ""}},
        {"/dev/sdd", {8, "ID_FS_AMBIVALENT=a:x:1 b:y:1\n", ""}},
        {"/dev/sde", {0, "ID_FS_TYPE=xfs\n", ""}},
        {"/dev/sdf", {2, "", ""}},
        {"/dev/sdg", {0, "ID_FS_TYPE=vfat\n", ""}}};
    system.answer = [&](const system::Command &command) -> util::Result<system::Output> {
        system::Output output;
        for (std::size_t i = 4; i < command.argv.size(); ++i) {
            const system::Output &one = answers.at(command.argv[i]);
            if (i > 4 && !one.out.empty() && one.status == 0)
                output.out += "\n";
            output.out += one.out;
            output.status = one.status;
            if (one.status != 0)
                break;
        }
        return output;
    };
    Collector collector(system);
    collect_signatures(collector, {"sda", "sdb", "sdc", "sdd", "sde", "sdf", "sdg"});
    const Facts &facts = collector.facts();
    for (const auto &[device, output] : answers) {
        CAPTURE(device);
        const std::string name = "blkid/" + device.substr(5);
        if (device == "/dev/sdf") {
            CHECK_FALSE(facts.contains(name)); // not "empty": nobody could look
            CHECK(facts.contains("problem/read/sdf"));
        } else {
            CHECK(facts.at(name) == output.out);
        }
    }
    FactReader reader(facts);
    CHECK_FALSE(read_signature(reader, "sdf").known);
    CHECK(read_signature(reader, "sdb").known);
}

TEST_CASE("a blkid that goes on behind an empty device does not mix devices up") {
    test::FakeSystem system;
    for (const char *name : {"/dev/sda", "/dev/sdb", "/dev/sdb1", "/dev/sdc"})
        system.files[name] = "x";
    system.answer = [](const system::Command &command) -> util::Result<system::Output> {
        system::Output output{2, "", ""};
        for (std::size_t i = 4; i < command.argv.size(); ++i) {
            const bool partition = command.argv[i] == "/dev/sdb1";
            output.status = partition ? 0 : 2;
            output.out += partition ? "ID_FS_TYPE=ext4\nID_PART_ENTRY_NUMBER=1\n" : "";
        }
        return output;
    };
    Collector collector(system);
    collect_signatures(collector, {"sda", "sdb", "sdb1", "sdc"});
    CHECK(collector.facts().at("blkid/sda").empty());
    CHECK(collector.facts().at("blkid/sdb").empty());
    CHECK(collector.facts().at("blkid/sdc").empty());
    CHECK(parse_signature(collector.facts().at("blkid/sdb1")).type == "ext4");
}

TEST_CASE("without blkid nothing is known and nothing is empty") {
    test::FakeSystem system;
    Collector collector(system);
    collect_signatures(collector, {"sda", "sdb"});
    FactReader reader(collector.facts());
    CHECK_FALSE(read_signature(reader, "sda").known);
    CHECK(collector.facts().contains("problem/blkid/sdb"));
}
