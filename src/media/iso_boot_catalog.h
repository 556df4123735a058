// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "media/iso_reader.h"
#include "util/result.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mdrescue::media {

/// One entry of the El Torito boot catalog (El Torito specification 1.0, section 2).
struct BootEntryRecord {
    std::uint8_t platform = 0; ///< 0: BIOS, 0xef: UEFI
    bool bootable = false;
    std::uint16_t sectors = 0; ///< to load, of 512 bytes
    std::uint32_t block = 0;   ///< where it lies, in blocks of 2048 bytes
    /// Text of the validation entry or section header above it, without trailing zeros.
    std::string id;
};

/// The entries in their order; none when the image has no boot record. Errors: a catalog that
/// cannot be one.
[[nodiscard]] util::Result<std::vector<BootEntryRecord>> read_boot_catalog(const IsoReader &reader);
/// The same of the 2048 bytes of a catalog.
[[nodiscard]] util::Result<std::vector<BootEntryRecord>>
parse_boot_catalog(std::string_view catalog);

} // namespace mdrescue::media
