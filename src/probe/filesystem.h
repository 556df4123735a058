// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/machine.h"
#include "probe/facts.h"
#include "util/result.h"

#include <string>
#include <string_view>

/// What a filesystem's own superblock tells of how it was made. Fact "fs/<device>": the bytes of
/// superblock_bytes().
namespace mdrescue::probe {

/// Where the superblock of a type lies; length 0: nothing is read of that type.
struct SuperblockBytes {
    std::uint64_t offset = 0, length = 0; ///< in bytes
};
[[nodiscard]] SuperblockBytes superblock_bytes(const std::string &type);

/// Sets parameters, and label and UUID where the superblock has them as raw bytes. All numbers are
/// decimal. ext2/3/4: features (names as mke2fs -O takes them), block_size, blocks, inode_size,
/// inodes, reserved_blocks, hash_seed (UUID), hash_version,
///   revision, max_mount_count, check_interval (seconds), errors ("continue", "remount-ro",
///   "panic"), default_mount_options (mask), raid_stride, raid_stripe_width, flex_bg_size,
///   journal_size (bytes)
/// vfat: fat_bits, sector_size, sectors_per_cluster, reserved_sectors, fats, root_entries, sectors,
/// media, hidden_sectors swap: page_size, pages xfs: block_size, blocks, sector_size, inode_size,
/// agcount, agblocks, log_blocks, version, version_features, features2, features_ro_compat,
///   features_incompat, directory_block_size, stripe_unit, stripe_width (filesystem blocks); only
///   where there is one: external_log (1), realtime_blocks
/// btrfs: sector_size, node_size, devices, total_bytes, incompat_flags, checksum_type
/// Errors: truncated or not that type; nothing is changed then.
[[nodiscard]] util::Result<void> describe_filesystem(std::string_view superblock,
                                                     model::Filesystem &filesystem);

} // namespace mdrescue::probe
