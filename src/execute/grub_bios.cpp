// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/grub_bios.h"

#include "util/bytes.h"

#include <algorithm>

namespace mdrescue::execute::grub {
namespace {

// include/grub/i386/pc/boot.h: GRUB_BOOT_MACHINE_BPB_START, _BPB_END, _KERNEL_SECTOR, _BOOT_DRIVE,
// _DRIVE_CHECK.
constexpr std::size_t bpb_start = 0x3;
constexpr std::size_t bpb_end = 0x5a;
constexpr std::size_t core_sector_at = 0x5c;
constexpr std::size_t boot_drive_at = 0x64;
constexpr std::size_t drive_check_at = 0x66;
constexpr std::string_view any_drive = "\xff";          // setup.c, write_rootdev
constexpr std::string_view no_drive_check = "\x90\x90"; // setup.c: no jump on hard disks

// One entry of the list: sector (8 bytes), count (2), segment (2). The first ends with the sector,
// the others go down from there, and an entry with a count of 0 is the last
// (include/grub/offsets.h, struct grub_pc_bios_boot_blocklist).
constexpr std::size_t entry_size = 12;
constexpr std::size_t most_entries = 32;
constexpr std::uint64_t most_sectors = 4096;

// include/grub/offsets.h: GRUB_KERNEL_I386_PC_REED_SOLOMON_REDUNDANCY, of the second sector.
constexpr std::size_t redundancy_at = sector_size + 0x10;
constexpr std::size_t redundancy_end = redundancy_at + 4;

/// Where the list of sectors ends, downwards: the place of its last entry. 0 when it has no end.
std::size_t list_end(std::string_view sector) {
    for (std::size_t entry = 1; entry <= most_entries; ++entry) {
        const std::size_t at = sector_size - entry * entry_size;
        if (util::little_endian<std::uint16_t>(sector, at + 8) == 0)
            return at;
    }
    return 0;
}

bool same(std::string_view one, std::string_view other, std::size_t from, std::size_t to) {
    return one.substr(from, to - from) == other.substr(from, to - from);
}

} // namespace

std::optional<std::uint64_t> core_sector(std::string_view boot_code) {
    if (boot_code.size() < boot_code_size || boot_code.find("GRUB ") == std::string_view::npos)
        return std::nullopt;
    return util::little_endian<std::uint64_t>(boot_code, core_sector_at);
}

util::Result<std::vector<Extent>> core_rest(std::string_view first_sector) {
    const std::size_t end = first_sector.size() < sector_size ? 0 : list_end(first_sector);
    std::vector<Extent> extents;
    std::uint64_t sectors = 0;
    for (std::size_t at = sector_size - entry_size; end != 0 && at > end; at -= entry_size) {
        extents.push_back({util::little_endian<std::uint64_t>(first_sector, at),
                           util::little_endian<std::uint16_t>(first_sector, at + 8)});
        sectors += extents.back().count;
    }
    if (extents.empty() || sectors > most_sectors)
        return util::fail("the first sector of the core image does not say where the others are");
    return extents;
}

bool same_boot_code(std::string_view boot_code, std::string_view boot_img) {
    if (boot_code.size() < boot_code_size || boot_img.size() != sector_size)
        return false;
    const auto drive_check = boot_code.substr(drive_check_at, no_drive_check.size());
    return same(boot_code, boot_img, 0, bpb_start) &&
           same(boot_code, boot_img, bpb_end, core_sector_at) &&
           boot_code.substr(boot_drive_at, 1) == any_drive &&
           same(boot_code, boot_img, boot_drive_at + 1, drive_check_at) &&
           (drive_check == no_drive_check ||
            drive_check == boot_img.substr(drive_check_at, no_drive_check.size())) &&
           same(boot_code, boot_img, drive_check_at + no_drive_check.size(), boot_code_size);
}

bool same_core(std::string_view core, std::string_view core_img) {
    if (core_img.size() < redundancy_end || core.size() < core_img.size())
        return false;
    const std::size_t list = std::min(list_end(core), list_end(core_img));
    return list != 0 && same(core, core_img, 0, list) &&
           same(core, core_img, sector_size, redundancy_at) &&
           same(core, core_img, redundancy_end, core_img.size());
}

} // namespace mdrescue::execute::grub
