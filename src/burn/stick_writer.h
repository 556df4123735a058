// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "burn/source.h"
#include "system/system.h"
#include "util/progress.h"
#include "util/result.h"

#include <cstdint>
#include <functional>
#include <string>

namespace mdrescue::burn {

/// Writes the image to a claimed disk, and reads it back from the device itself.
///
/// The first MiB, with the partition table and the ISO 9660 descriptors, is emptied first and
/// written last, so that a stick whose writing was cut is an empty one and never looks like an
/// image. What lay in the last MiB of the disk (backup GPT, md superblocks 0.90 and 1.0) is wiped.
/// Errors: a write fails, the source has changed, the stick does not give back what it was given;
/// util::cancelled(). After any of them the head is empty, or is emptied as far as the stick lets.
[[nodiscard]] util::Result<void> write_stick(system::ClaimedDevice &stick, const Source &source,
                                             util::Progress &progress);

/// Changes bytes that were read at an offset of the stick, before they are counted.
using Edit = std::function<void(std::uint64_t offset, std::string &bytes)>;
/// SHA-256 of the first `size` bytes of the stick, as `edit` (where there is one) leaves them.
/// Error: it cannot be read; util::cancelled().
[[nodiscard]] util::Result<std::string> digest_of(system::ClaimedDevice &stick, std::uint64_t size,
                                                  util::Progress &progress, const Edit &edit = {});

} // namespace mdrescue::burn
