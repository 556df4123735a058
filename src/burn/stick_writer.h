// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "burn/source.h"
#include "system/system.h"
#include "util/progress.h"
#include "util/result.h"

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

} // namespace mdrescue::burn
