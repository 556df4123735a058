// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/machine.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The start marker: written to a replacement before anything else and removed after the last write
/// to it was proven. It tells a half-written replacement (resume) from the original disk coming
/// back (re-add, never format). Safety rule 2.
namespace mdrescue::diagnose {

inline constexpr std::uint64_t marker_size = 4096; ///< in bytes; also its alignment

/// Where the marker of a replacement for `recorded` lies on a disk of `size` bytes: in space that
/// no partition, no partition table (GPT's backup at the real end included) and no boot loader of
/// the record uses, and that GRUB's next core image will not grow into. Behind the last partition
/// where there is room, else at the end of the gap before the first partition, else between two
/// partitions. None: the record leaves no such space; a half-written replacement then needs its
/// serial typed. Multiple of marker_size, in bytes.
[[nodiscard]] std::optional<std::uint64_t> marker_offset(const model::Disk &recorded,
                                                         std::uint64_t size);

/// Exactly marker_size bytes: one line of text that names image and disk, then its SHA-256, then
/// zeros.
[[nodiscard]] std::string marker_bytes(const model::Profile &profile, const std::string &disk);

/// The text of a sound start marker of any image, without the zeros behind it; "" when the bytes
/// are none or damaged. Takes its own result too.
[[nodiscard]] std::string marker_text(std::string_view bytes);

/// The disk of the profile that the marker (or its text) was written for; "" when the bytes are no
/// marker, damaged, or of another profile.
[[nodiscard]] std::string marked_disk(const model::Profile &profile, std::string_view bytes);

} // namespace mdrescue::diagnose
