// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/machine.h"
#include "probe/md_superblock.h"
#include "probe/signatures.h"
#include "system/system.h"
#include "util/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What lies on one device now, for the guards before a write. Read-only.
namespace mdrescue::execute {

/// The kernel name of "/dev/md1", "/dev/sda2": as sysfs spells it.
[[nodiscard]] std::string kernel_name(const std::string &path);

struct DeviceContent {
    probe::Signature signature;                   ///< blkid's
    std::vector<probe::MdSuperblock> superblocks; ///< every sound one, the newest array first
    std::vector<probe::SuperblockPlace> magic;    ///< where something begins like an md superblock
    std::optional<model::Filesystem> filesystem;  ///< as far as we know its superblock
    [[nodiscard]] bool empty() const;
};

/// Errors: it cannot be read.
[[nodiscard]] util::Result<DeviceContent> look_at(system::System &system, const std::string &path);

/// Every sound md superblock on it, the newest array first: md 0.90 and 1.0 lie at its end.
[[nodiscard]] util::Result<std::vector<probe::MdSuperblock>>
superblocks_on(system::System &system, const std::string &path);

/// "an ext4 filesystem", "a member of array 5a68c5e9:…": printable.
[[nodiscard]] std::string words(const DeviceContent &content);

/// In 512-byte sectors, from sysfs.
[[nodiscard]] util::Result<std::uint64_t> sectors_of(system::System &system,
                                                     const std::string &path);

/// Error: the device or a partition of it is mounted, swapped on, or held by md or device mapper.
[[nodiscard]] util::Result<void> confirm_unused(system::System &system, const std::string &path);
/// Whether the device itself is mounted or swapped on.
[[nodiscard]] util::Result<bool> mounted(system::System &system, const std::string &path);

} // namespace mdrescue::execute
