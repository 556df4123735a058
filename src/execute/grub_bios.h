// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "util/result.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

/// GRUB 2 as it lies on a disk that a BIOS starts: what of it must equal boot.img and core.img, the
/// files it was written from. Pure. Offsets and what the installer fills in: GRUB 2.06,
/// include/grub/i386/pc/boot.h, include/grub/offsets.h and util/setup.c (2.12 writes the same).
namespace mdrescue::execute::grub {

inline constexpr std::uint64_t sector_size = 512; ///< GRUB's unit, whatever the disk's is
/// In the first sector: from here on the disk's own signature and partition table.
inline constexpr std::uint64_t boot_code_size = 440;

/// Sectors that lie one after another on the disk.
struct Extent {
    std::uint64_t sector = 0; ///< from the start of the disk
    std::uint64_t count = 0;
    bool operator==(const Extent &) const = default;
};

/// Where the boot code finds the first sector of the core image. None: this is no boot code of
/// GRUB's.
[[nodiscard]] std::optional<std::uint64_t> core_sector(std::string_view boot_code);

/// Where that first sector finds all others, in order. Error: there is no such list, it has no end,
/// or it asks for more than 2 MiB.
[[nodiscard]] util::Result<std::vector<Extent>> core_rest(std::string_view first_sector);

/// The boot code of a disk is that of boot.img: all but the BIOS parameter block, the sector of the
/// core image, and the jump that hard disks get no-operations for.
[[nodiscard]] bool same_boot_code(std::string_view boot_code, std::string_view boot_img);

/// The core image read from a disk (at least as long as core.img: the installer adds Reed-Solomon
/// codes behind it) is that of core.img: all but the list of sectors and the length of those codes.
[[nodiscard]] bool same_core(std::string_view core, std::string_view core_img);

} // namespace mdrescue::execute::grub
