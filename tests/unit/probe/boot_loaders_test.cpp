// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/boot_loaders.h"
#include "util/bytes.h"

#include <doctest/doctest.h>

using namespace mdrescue;
using namespace mdrescue::probe;
using Kind = model::BootLoader::Kind;

namespace {

constexpr const char *bios_boot = "21686148-6449-6E6F-744E-656564454649";

model::Partition partition(unsigned number, std::uint64_t start, std::uint64_t size,
                           const std::string &type) {
    model::Partition result;
    result.number = number;
    result.start = start;
    result.size = size;
    result.type = type;
    return result;
}

model::Disk disk_with(const std::string &label, std::vector<model::Partition> partitions) {
    model::Disk disk;
    disk.size = 1ULL << 30U;
    disk.table.emplace();
    disk.table->label = label;
    disk.table->partitions = std::move(partitions);
    return disk;
}

std::string grub_boot_sector(std::uint64_t core_sector) {
    std::string code(440, '\x90');
    code.replace(0x180, 5, "GRUB ");
    util::put_little_endian(code, 0x5c, core_sector);
    return code;
}

} // namespace

TEST_CASE("boot ranges of an MBR disk: boot code and the gap, at most 1 MiB") {
    auto disk = disk_with("dos", {partition(5, 4096, 10, "83"), partition(1, 63, 10, "83")});
    auto ranges = boot_ranges(*disk.table, 512);
    REQUIRE(ranges.size() == 2);
    CHECK(ranges[0].size == 440);
    CHECK(ranges[1].offset == 512);
    CHECK(ranges[1].size == 62 * 512);
    disk.table->partitions = {partition(1, 1ULL << 40U, 10, "83")};
    CHECK(boot_ranges(*disk.table, 4096)[1].size == 1U << 20U);
    for (const std::uint64_t start : {0U, 1U}) {
        disk.table->partitions = {partition(1, start, 10, "83")};
        CHECK(boot_ranges(*disk.table, 512).size() == 1);
    }
}

TEST_CASE("boot ranges of a GPT disk: boot code and BIOS boot partitions") {
    const auto disk =
        disk_with("gpt", {partition(1, 2048, 2048, bios_boot), partition(2, 4096, 100, "X")});
    const auto ranges = boot_ranges(*disk.table, 512);
    REQUIRE(ranges.size() == 2);
    CHECK(ranges[1].offset == 1U << 20U);
    CHECK(ranges[1].partition == 1);
}

TEST_CASE("what the boot code is") {
    auto mbr = disk_with("dos", {partition(1, 2048, 10, "83")});
    CHECK(loaders_in_areas(mbr).empty());
    mbr.boot_areas = {{0, 440, ""}};
    CHECK(loaders_in_areas(mbr).empty());
    mbr.boot_areas = {{0, 440, "\xeb\x48other"}};
    CHECK(loaders_in_areas(mbr)[0].kind == Kind::other_mbr_code);
    mbr.boot_areas = {{0, 440, grub_boot_sector(1)}};
    CHECK(loaders_in_areas(mbr)[0].kind == Kind::grub_mbr_gap);

    auto gpt = disk_with("gpt", {partition(3, 2048, 2048, bios_boot)});
    gpt.boot_areas = {{0, 440, grub_boot_sector(2048)}};
    CHECK(loaders_in_areas(gpt)[0].kind == Kind::grub_bios_boot);
    CHECK(loaders_in_areas(gpt)[0].partition == 3);
    // A sector number that would overflow as bytes.
    gpt.boot_areas = {{0, 440, grub_boot_sector(~std::uint64_t{0} / 512 + 2048 + 1)}};
    CHECK(loaders_in_areas(gpt)[0].kind == Kind::grub_mbr_gap);
    for (std::size_t length = 0; length < 440; ++length) {
        gpt.boot_areas = {{0, 440, grub_boot_sector(2048).substr(0, length)}};
        static_cast<void>(loaders_in_areas(gpt));
    }
}
