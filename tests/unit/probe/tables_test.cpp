// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/json_reports.h"

#include <doctest/doctest.h>

using namespace mdrescue::probe;

namespace {

const std::string gpt =
    R"({"partitiontable": {"label":"gpt", "id":"ec7479b3-3acc-8b4f-9403-6e5806850b00", "device":"/dev/nvme0n1",
 "unit":"sectors", "firstlba":34, "lastlba":524254, "sectorsize":512, "table-length":"256", "partitions": [
 {"node":"/dev/nvme0n1p12", "start":4096, "size":40960, "type":"c12a7328-f81f-11d2-ba4b-00a0c93ec93b",
  "uuid":"b080cb48-0176-1142-9ada-968c4f78a95d", "name":"we \"$(reboot)\"", "attrs":"RequiredPartition GUID:60"},
 {"node":"/dev/nvme0n1p1", "start":2048, "size":2048, "type":"21686148-6449-6E6F-744E-656564454649"}]}})";

} // namespace

TEST_CASE("GPT as sfdisk reports it") {
    const auto table = parse_sfdisk(gpt, "nvme0n1");
    REQUIRE(table);
    CHECK(table->id == "EC7479B3-3ACC-8B4F-9403-6E5806850B00");
    CHECK(table->first_usable == 34);
    CHECK(table->last_usable == 524254);
    CHECK(table->entry_count == 256);
    REQUIRE(table->partitions.size() == 2);
    CHECK(table->partitions[0].number == 1);
    CHECK(table->partitions[1].number == 12);
    CHECK(table->partitions[1].name == "we \"$(reboot)\"");
    CHECK(table->partitions[1].attributes == "RequiredPartition GUID:60");
    CHECK(table->partitions[1].type == "C12A7328-F81F-11D2-BA4B-00A0C93EC93B");
}

TEST_CASE("MBR as sfdisk reports it") {
    const auto table =
        parse_sfdisk(R"({"partitiontable": {"label":"dos", "id":"0xb249fe0e", "device":"/dev/sda",
      "partitions": [{"node":"/dev/sda1", "start":2048, "size":20480, "type":"83", "bootable":true},
                     {"node":"/dev/sda5", "start":22528, "size":61440, "type":"fd"}]}})",
                     "sda");
    REQUIRE(table);
    CHECK(table->id == "0xb249fe0e");
    CHECK(table->entry_count == 0);
    CHECK(table->partitions[0].bootable);
    CHECK_FALSE(table->partitions[1].bootable);
    CHECK(table->partitions[1].number == 5);
}

TEST_CASE("bytes that are not UTF-8 in a name do not lose the table") {
    std::string report = gpt;
    report.replace(report.find("we "), 3, "\xff\xc3(");
    const auto table = parse_sfdisk(report, "nvme0n1");
    REQUIRE(table);
    CHECK(table->partitions[1].name.starts_with("\xEF\xBF\xBD\xEF\xBF\xBD("));
}

TEST_CASE("reports cut anywhere, of another kind or disk, are errors") {
    for (std::size_t length = 0; length < gpt.size() - 1; ++length)
        CHECK_FALSE(parse_sfdisk(gpt.substr(0, length), "nvme0n1").has_value());
    CHECK_FALSE(parse_sfdisk(gpt, "sda"));
    CHECK_FALSE(parse_sfdisk("[]", "sda"));
    CHECK_FALSE(parse_sfdisk(R"({"partitiontable": {"label":"bsd"}})", "sda"));
    CHECK_FALSE(parse_sfdisk(R"({"partitiontable": {"label":"dos", "partitions": [1]}})", "sda"));
    CHECK_FALSE(
        parse_sfdisk(R"({"partitiontable": {"label":"dos", "partitions": {"node": 1}}})", "sda"));
    CHECK_FALSE(parse_sfdisk(
        R"({"partitiontable": {"label":"dos", "partitions": [{"node":"/dev/sda1","start":-1,"size":"x","type":"83"}]}})",
        "sda"));
    // No partitions at all is a table nevertheless.
    CHECK(parse_sfdisk(R"({"partitiontable": {"label":"dos", "id":"0x1"}})", "sda"));
}

TEST_CASE("LUKS2: only the segments are kept") {
    const std::string area =
        R"({"keyslots":{"0":{"kdf":{"salt":"SECRET"}}},"segments":{"0":{"type":"crypt","offset":"16777216",
       "encryption":"aes-xts-plain64","sector_size":4096}},"digests":{"0":{"salt":"SECRET"}}})";
    const auto segments = luks2_segments(area + std::string(100, '\0'));
    REQUIRE(segments);
    CHECK(segments->find("SECRET") == std::string::npos);
    const auto details = parse_luks2_segments(*segments);
    REQUIRE(details);
    CHECK(details->at("cipher") == "aes-xts-plain64");
    CHECK(details->at("sector_size") == "4096");
    for (std::size_t length = 0; length < area.size(); ++length)
        CHECK_FALSE(luks2_segments(area.substr(0, length)).has_value());
}
