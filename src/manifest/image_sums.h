// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "util/result.h"

#include <map>
#include <string>
#include <string_view>

/// /mdrescue/SHA256SUMS: what `sha256sum -c` reads, run in the root directory of the mounted image.
namespace mdrescue::manifest {

inline constexpr std::string_view sums_path = "mdrescue/SHA256SUMS";
/// El Torito image. Its bytes change while the image is written (boot information table), so it has
/// no line.
inline constexpr std::string_view bios_image_path = "mdrescue/grub/eltorito.img";
inline constexpr std::string_view boot_catalog_path = "mdrescue/boot.cat";

/// One line. Names with a backslash, newline or carriage return are written the way GNU coreutils
/// does: escaped, and the line begins with a backslash ("cksum output modes" in its manual).
/// digest: 64 hex digits.
[[nodiscard]] std::string sums_line(std::string_view digest, std::string_view path);

/// Digest by path. Error: names the first line that is none.
[[nodiscard]] util::Result<std::map<std::string, std::string>> parse_sums(std::string_view text);

} // namespace mdrescue::manifest
