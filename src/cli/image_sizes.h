// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "media/image_reader.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What the bytes of an image are spent on.
namespace mdrescue::cli {

/// What the files whose paths begin so ("" for all) are long, in bytes.
[[nodiscard]] std::uint64_t bytes_under(const media::ImageInfo &info, std::string_view prefix);

struct SizePart {
    std::string name;                     ///< "rescue system"
    std::uint64_t bytes = 0;              ///< in bytes
    std::optional<std::uint64_t> limit{}; ///< what it is meant to stay below, in bytes
};

/// The parts add up to the image; the last is all but the machine's own files. The limits leave out
/// firmware of devices, which some machines need much of.
[[nodiscard]] std::vector<SizePart> size_parts(const media::ImageInfo &info);

/// A line for each part.
[[nodiscard]] std::string sizes_text(const std::vector<SizePart> &parts);

} // namespace mdrescue::cli
