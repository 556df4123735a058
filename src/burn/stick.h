// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/machine.h"
#include "system/system.h"
#include "util/result.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

/// Whether a disk may be overwritten by an image, and what goes with it.
namespace mdrescue::burn {

/// A disk that is to become a rescue stick. Texts are printable.
struct Stick {
    std::string path; ///< "/dev/sdb"
    model::Disk disk;
    std::vector<std::string> losses; ///< what lies on it, a line for each; empty: nothing known
    /// Why it does not look like a stick to spare, a sentence for each: then a plain yes is not
    /// enough.
    std::vector<std::string> doubts;

    /// What has to be typed where there are doubts: its serial, or its kernel name where it has
    /// none.
    [[nodiscard]] std::string identity() const;
};

/// What lies on a disk of the machine and what speaks against writing to it. Pure.
[[nodiscard]] Stick judge(const model::Machine &machine, const model::Disk &disk);

/// What no answer can make good: read-only, too small for `bytes`, sectors the image cannot be
/// started from. Pure.
[[nodiscard]] util::Result<void> confirm_fits(const model::Disk &disk, std::uint64_t bytes);

/// The disk with that kernel name. Errors: a partition, an array, a loop device, no device.
[[nodiscard]] util::Result<model::Disk> disk_named(const model::Machine &machine,
                                                   const std::string &path);

/// Error: the disk or a partition of it is mounted, swapped on, or held by md or device mapper now.
/// That is never overwritten, whatever is typed: the kernel would refuse too (O_EXCL).
[[nodiscard]] util::Result<void> confirm_free(system::System &system, const std::string &path);

/// Counts up whenever another disk or medium comes under the same name (kernel documentation,
/// ABI/stable/sysfs-block); "" with kernels before 5.15.
[[nodiscard]] std::string disk_sequence(system::System &system, const std::string &path);

/// The stick for writing, nobody else's meanwhile. Error: it is in use, or is not the disk that was
/// looked at (`sequence`: its number before that): between the look and the claim a question was
/// asked, long enough for another stick.
[[nodiscard]] util::Result<std::unique_ptr<system::ClaimedDevice>>
claim(system::System &system, const Stick &stick, const std::string &sequence);

} // namespace mdrescue::burn
