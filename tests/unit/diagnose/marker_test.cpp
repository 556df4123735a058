// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnose/marker.h"

#include "../support/example_machine.h"

#include <doctest/doctest.h>

using namespace mdrescue;
using diagnose::marker_offset;
using diagnose::marker_size;

namespace {

constexpr std::uint64_t mib = 1U << 20U;

model::Partition partition(unsigned number, std::uint64_t start, std::uint64_t size,
                           const std::string &type = "83") {
    model::Partition made;
    made.number = number;
    made.start = start;
    made.size = size;
    made.type = type;
    return made;
}

/// 100 MiB, 1 MiB before the first partition, and no room behind the last one.
model::Disk full_disk(std::uint64_t gap_sectors = 2048) {
    model::Disk disk;
    disk.size = 100 * mib;
    disk.table.emplace();
    disk.table->label = "dos";
    disk.table->partitions = {partition(1, gap_sectors, disk.size / 512 - gap_sectors)};
    disk.boot_areas = {{0, 440, std::string(440, 'x')}, {512, (gap_sectors - 1) * 512, ""}};
    return disk;
}

void set_core_image(model::Disk &disk, std::size_t bytes) {
    disk.boot_areas[1].bytes = std::string(bytes, 'g');
}

} // namespace

TEST_CASE("marker: behind the last partition, as near to it as alignment allows") {
    model::Disk disk = full_disk();
    disk.table->partitions[0].size = 20001;
    CHECK(marker_offset(disk, disk.size) == (2048 + 20008) * 512);
    CHECK(marker_offset(disk, 10 * disk.size) == (2048 + 20008) * 512);
    // the last partition by place, not by number
    disk.table->partitions.push_back(partition(2, 100000, 8));
    disk.table->partitions.push_back(partition(3, 60000, 8));
    CHECK(marker_offset(disk, disk.size) == (100000 + 8) * 512);
    // exactly enough, and one byte too little
    const std::uint64_t enough = std::uint64_t{100000 + 8} * 512 + marker_size;
    CHECK(marker_offset(disk, enough) == (100000 + 8) * 512);
    CHECK(marker_offset(disk, enough - 1) == 2048 * 512 - marker_size);
    // not on that disk at all
    CHECK(marker_offset(disk, 100007 * 512) == std::nullopt);
}

TEST_CASE("marker: a larger replacement has room behind the last partition") {
    const model::Disk disk = full_disk();
    CHECK(marker_offset(disk, disk.size) == 2048 * 512 - marker_size);
    CHECK(marker_offset(disk, disk.size + marker_size) == disk.size);
}

TEST_CASE("marker: the gap before the first partition belongs to GRUB first") {
    // the usual gap of 1 MiB is larger than GRUB can ever be
    model::Disk disk = full_disk();
    set_core_image(disk, 200000);
    CHECK(marker_offset(disk, disk.size) == 2048 * 512 - marker_size);
    // more than GRUB can be: something unknown, which may reach anywhere
    set_core_image(disk, 0x78000 + 1);
    CHECK(marker_offset(disk, disk.size) == std::nullopt);

    // the gap of old partition tables: 63 sectors, the last whole 4 KiB begin at sector 48
    disk = full_disk(63);
    CHECK(marker_offset(disk, disk.size) == 48 * 512);
    // twice the core image must end before it
    set_core_image(disk, (48 - 1) * 512 / 2);
    CHECK(marker_offset(disk, disk.size) == 48 * 512);
    set_core_image(disk, (48 - 1) * 512 / 2 + 1);
    CHECK(marker_offset(disk, disk.size) == std::nullopt);
    set_core_image(disk, 62 * 512);
    CHECK(marker_offset(disk, disk.size) == std::nullopt);

    // the article's own disk, with a core image of usual size
    disk = test::linux_journal_disk(1);
    disk.boot_areas[1].bytes = std::string(29000, 'g');
    CHECK(marker_offset(disk, disk.size) == std::nullopt);
}

TEST_CASE("marker: between two partitions where nothing else is left") {
    model::Disk disk = full_disk(8);
    const std::uint64_t end = disk.size / 512;
    disk.table->partitions = {partition(1, 8, 1992), partition(2, 2007, 1993),
                              partition(3, 4017, end - 4017)};
    // sectors 2000 to 2007 are too few, 4000 to 4017 hold one at 4008
    CHECK(marker_offset(disk, disk.size) == 4008 * 512);
    disk.table->partitions[2] = partition(3, 4007, end - 4007);
    CHECK(marker_offset(disk, disk.size) == std::nullopt);
}

TEST_CASE("marker: not between logical partitions, where their tables lie") {
    model::Disk disk = full_disk(8);
    const std::uint64_t end = disk.size / 512;
    disk.table->partitions = {partition(1, 8, 1992), partition(2, 2000, end - 2000, "5"),
                              partition(5, 4048, 20000), partition(6, 40960, end - 40960)};
    CHECK(marker_offset(disk, disk.size) == std::nullopt);
    // nor behind the last logical one
    disk.table->partitions.back().size = 1000;
    CHECK(marker_offset(disk, disk.size) == std::nullopt);
    CHECK(marker_offset(disk, disk.size + 2 * mib) == disk.size);
}

TEST_CASE("marker: GPT's own places are not free") {
    for (const std::uint32_t sector : {512U, 4096U}) {
        CAPTURE(sector);
        model::Disk disk;
        disk.logical_sector = sector;
        disk.size = 100 * mib;
        const std::uint64_t sectors = disk.size / sector;
        const std::uint64_t entries = 16384 / sector;
        disk.table.emplace();
        disk.table->label = "gpt";
        disk.table->entry_count = 128;
        disk.table->first_usable = entries + 2;
        disk.table->last_usable = sectors - entries - 2;
        const std::uint64_t first = mib / sector;
        const auto up_to = [&](std::uint64_t last) {
            disk.table->partitions = {partition(1, first, last + 1 - first)};
        };
        // up to the backup table: the gap in front is left
        up_to(disk.table->last_usable);
        CHECK(marker_offset(disk, disk.size) == mib - marker_size);
        // one marker less: behind the partition, and not a sector into the backup
        const std::uint64_t backup = (sectors - entries - 1) * sector;
        const std::uint64_t start = backup / marker_size * marker_size - marker_size;
        up_to(start / sector - 1);
        CHECK(marker_offset(disk, disk.size) == start);
        // the backup moves with the end of a larger disk
        up_to(disk.table->last_usable);
        CHECK(marker_offset(disk, 2 * disk.size) ==
              (backup + marker_size - 1) / marker_size * marker_size);
        // the entries end where the partition begins
        disk.table->partitions = {partition(
            1, disk.table->first_usable, disk.table->last_usable + 1 - disk.table->first_usable)};
        CHECK(marker_offset(disk, disk.size) == std::nullopt);
        disk.table->first_usable = ~std::uint64_t{0} / 2;
        CHECK(marker_offset(disk, disk.size) == std::nullopt);
    }
}

TEST_CASE("marker: a disk without a table has no place for it") {
    model::Disk disk = full_disk();
    disk.table.reset();
    CHECK(marker_offset(disk, disk.size) == std::nullopt);
}

TEST_CASE("marker: says for which image and disk it was written") {
    const model::Profile profile = test::profile_of(test::linux_journal_machine());
    const std::string bytes = diagnose::marker_bytes(profile, "disk3");
    CHECK(bytes.size() == marker_size);
    CHECK(bytes.find("6f2f0b2e-1d3c-8a4b-9c5d-0e1f2a3b4c5d, disk3\n") != std::string::npos);
    CHECK(diagnose::marked_disk(profile, bytes) == "disk3");
    const std::string text = diagnose::marker_text(bytes);
    CHECK(text == bytes.substr(0, text.size()));
    CHECK(diagnose::marker_text(text) == text);
    CHECK(diagnose::marked_disk(profile, text) == "disk3");

    model::Profile other = profile;
    other.image_id = "00000000-1d3c-8a4b-9c5d-0e1f2a3b4c5d";
    CHECK(diagnose::marked_disk(other, bytes).empty());
    CHECK(diagnose::marker_text(diagnose::marker_bytes(other, "disk1")) != "");
    CHECK(diagnose::marked_disk(profile, diagnose::marker_bytes(profile, "disk9")).empty());
}

TEST_CASE("marker: a damaged one is none") {
    const model::Profile profile = test::profile_of(test::linux_journal_machine());
    const std::string bytes = diagnose::marker_bytes(profile, "disk3");
    const std::size_t length = diagnose::marker_text(bytes).size();
    for (std::size_t at = 0; at < length; ++at) {
        std::string damaged = bytes;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x01);
        CHECK(diagnose::marked_disk(profile, damaged).empty());
        CHECK(diagnose::marked_disk(profile, bytes.substr(0, at)).empty());
    }
    std::string longer = bytes;
    longer[2000] = 'x';
    CHECK(diagnose::marked_disk(profile, longer).empty());
    CHECK(diagnose::marked_disk(profile, "").empty());
    CHECK(diagnose::marked_disk(profile, std::string(marker_size, '\0')).empty());
}
