// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "burn/source.h"
#include "system/system.h"
#include "util/result.h"

#include <cstdint>
#include <string>

/// The rest of a stick behind the image as a partition of its own.
namespace mdrescue::burn {

/// The first byte of the partition: behind the image and the record of its own partition table, at
/// a multiple of 1 MiB.
[[nodiscard]] std::uint64_t data_partition_start(std::uint64_t image_bytes);

/// Error: less than 16 MiB would be left for it; in bytes.
[[nodiscard]] util::Result<void> confirm_data_room(std::uint64_t device_bytes,
                                                   std::uint64_t image_bytes);

/// Adds the partition to the GPT of a stick that holds the image and was read back: keeps the
/// image's table in a record (manifest/kept_table.h), moves the backup GPT to the end of the stick
/// (sfdisk(8), --relocate), and puts the MBR's boot flag back, which some BIOSes need and sfdisk
/// drops. Its number is returned.
[[nodiscard]] util::Result<unsigned> add_data_partition(system::System &system,
                                                        system::ClaimedDevice &stick,
                                                        const std::string &path,
                                                        const Source &source);

/// The stick, table changed, is still the image: read from the device and compared by its digest.
[[nodiscard]] util::Result<void>
confirm_still_sound(system::ClaimedDevice &stick, const Source &source, util::Progress &progress);

/// A FAT filesystem on the partition, once the stick is let go; waits for its node. Error: there is
/// no mkfs.vfat, or it fails.
[[nodiscard]] util::Result<void> make_data_filesystem(system::System &system,
                                                      const std::string &partition);

} // namespace mdrescue::burn
