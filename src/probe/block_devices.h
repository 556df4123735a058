// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probe/facts.h"

#include <cstdint>
#include <string>
#include <vector>

/// The block devices the kernel knows, under the facts "sysfs/<device>/…".
namespace mdrescue::probe {

struct KernelPartition {
    std::string name; ///< "sda1"
    unsigned number = 0;
    std::uint64_t start = 0; ///< in 512-byte sectors, whatever the disk's are
    std::uint64_t size = 0;  ///< in 512-byte sectors
    std::string numbers;     ///< "8:1"
};

struct BlockDevice {
    enum class Kind { disk, array, mapper };
    Kind kind = Kind::disk;
    std::string name;                        ///< "sda", "md127", "dm-0"
    std::uint64_t size = 0;                  ///< in 512-byte sectors
    std::uint32_t sector = 512;              ///< logical sector size in bytes
    std::string numbers;                     ///< major and minor: "8:0"
    std::vector<KernelPartition> partitions; ///< by number
};

/// Real disks, arrays that are assembled, and device mapper devices; no loop, RAM, CD or floppy
/// devices, nothing without a medium.
void collect_block_devices(Collector &collector);

/// The same from facts; uses size, sector, numbers and partitions.
[[nodiscard]] std::vector<BlockDevice> read_block_devices(FactReader &facts);

/// Names of the devices and their partitions, each disk before its partitions.
[[nodiscard]] std::vector<std::string> names_of(const std::vector<BlockDevice> &devices);

} // namespace mdrescue::probe
