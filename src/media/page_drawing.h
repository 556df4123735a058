// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "media/page_words.h"

#include <string>
#include <vector>

namespace mdrescue::media {

/// The disks as bars of their partitions, as an inline SVG. Colours are the page's CSS classes a0 …
/// a7 by array (again from a0 after the eighth) and "native"; every part is named in words as well,
/// so that it can be read in grey. Widths are not to scale: each partition is wide enough for its
/// name.
[[nodiscard]] std::string disk_drawing(const std::vector<DiskWords> &disks);

/// The CSS class of an array's colour; index -1: "native".
[[nodiscard]] std::string colour_class(int array);

} // namespace mdrescue::media
