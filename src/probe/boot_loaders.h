// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probe/observation.h"

namespace mdrescue::probe {

/// A part of a disk where boot code lives.
struct BootRange {
    std::uint64_t offset = 0; ///< in bytes
    std::uint64_t size = 0;   ///< in bytes
    unsigned partition = 0;   ///< of a BIOS boot partition; 0 for the MBR and the gap behind it
};

/// The boot code in the first sector; on an MBR table the gap before the first partition; on GPT
/// every BIOS boot partition. At most 1 MiB each. `sector`: logical, in bytes.
[[nodiscard]] std::vector<BootRange> boot_ranges(const model::PartitionTable &table,
                                                 std::uint32_t sector);

/// Facts "boot/<disk>/<offset>": the bytes without trailing zeros. Needs the tables.
void collect_boot_areas(Collector &collector, const std::vector<BlockDevice> &devices);

/// Facts "esp/<device>": loaders (\EFI\…\*.efi) on each mounted FAT filesystem that lies on an ESP,
/// one per line. Needs mounts and tables.
void collect_esp_files(Collector &collector, const std::vector<BlockDevice> &devices);

/// Fills boot_areas and boot_loaders of the disks. Arrays tell which ESPs are mirrored.
void read_boot_loaders(Observation &observation, const std::vector<model::Array> &arrays,
                       std::vector<model::Disk> &disks);

/// What the areas of one disk say, without ESPs.
[[nodiscard]] std::vector<model::BootLoader> loaders_in_areas(const model::Disk &disk);

} // namespace mdrescue::probe
