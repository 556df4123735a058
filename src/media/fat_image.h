// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "util/result.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mdrescue::media {

struct FatFile {
    std::string path; ///< "EFI/BOOT/GRUBX64.EFI"; each part an 8.3 name, letters of any case
    std::string bytes;
};

struct FatRequest {
    std::vector<FatFile> files;
    std::string label;           ///< at most 11 of A-Z 0-9 _ and blank
    std::uint32_t volume_id = 0; ///< serial number of the volume
    std::int64_t epoch = 0;      ///< time of every entry, seconds since 1970, shown as UTC
};

/// Largest image an El Torito boot entry can load: its sector count has 16 bits and counts 512
/// bytes each (El Torito specification 1.0, table 3).
inline constexpr std::uint64_t fat_image_limit = 65535ULL * 512;

/// True when every part of the path is an 8.3 name.
[[nodiscard]] bool is_short_path(const std::string &path);

/// A FAT12 or FAT16 filesystem with just room for these files; the same request gives the same
/// bytes. Errors: a name that is not 8.3, two files of one name, larger than fat_image_limit.
[[nodiscard]] util::Result<std::string> make_fat_image(const FatRequest &request);

} // namespace mdrescue::media
