// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

namespace mdrescue::media {

/// Whether a program for UEFI, a kernel included, carries a signature, whoever's: its certificate
/// table is not empty (PE format, "Optional Header Data Directories"). False for what is no PE32+.
/// Pure.
[[nodiscard]] bool carries_signature(std::string_view program);

} // namespace mdrescue::media
