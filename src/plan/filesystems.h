// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/machine.h"

#include <string>
#include <vector>

/// Native filesystems made again as they were recorded: ext2/3/4, XFS, swap and FAT. Pure.
/// Parameters as in probe/filesystem.h. Not Btrfs: a new one lacks the subvolumes that fstab names.
namespace mdrescue::plan {

/// False for other types, and where the record says something mkfs cannot be told (an encrypted or
/// case-folding ext4, an XFS with a log elsewhere, a FAT label outside ASCII).
[[nodiscard]] bool can_make(const model::Filesystem &filesystem);

/// argv of the mkfs program; empty where can_make() is false.
[[nodiscard]] std::vector<std::string> make_command(const model::Filesystem &filesystem,
                                                    const std::string &device);

/// The same for programs of several ages, to be tried in this order until one has made what is
/// wanted: mkfs.xfs ends at a word that it does not know, and makes by default what is new to it.
[[nodiscard]] std::vector<std::vector<std::string>>
make_commands(const model::Filesystem &filesystem, const std::string &device);

/// argv of tune2fs for what mke2fs cannot be told (reserved blocks, mount counts, default mount
/// options, …) and `found` has otherwise; empty when nothing is left to do.
[[nodiscard]] std::vector<std::string> adjust_command(const model::Filesystem &wanted,
                                                      const model::Filesystem &found,
                                                      const std::string &device);

/// What makes `found` another filesystem than `wanted`: type, UUID, label, features, sizes of
/// blocks and inodes, hash seed, FAT kind. In words, printable; empty when it is the same. Sizes
/// that mkfs rounds and what adjust_command() sets are not compared.
[[nodiscard]] std::vector<std::string> differences(const model::Filesystem &wanted,
                                                   const model::Filesystem &found);

} // namespace mdrescue::plan
