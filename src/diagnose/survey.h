// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <string>

namespace mdrescue::diagnose {

/// What the bytes of a disk say beyond signatures; probe::survey_disk reads it. A disk without a
/// signature need not be blank: plain dm-crypt and detached LUKS headers look like that (FAULTS 5).
struct Survey {
    enum class Bytes {
        blank,      ///< first and last 16 MiB and all samples are one constant byte
        used,       ///< something differs
        unreadable, ///< a read failed: `problem`
    };
    Bytes bytes = Bytes::unreadable;
    std::string problem; ///< in words, "" unless unreadable
    std::string marker;  ///< text of a start marker found (see marker.h); "" for none
    /// The last sector holds a backup GPT header ("EFI PART", UEFI specification 2.10, 5.3.2);
    /// blkid does not look for one where the protective MBR is gone (FAULTS 4).
    bool backup_gpt = false;
    bool operator==(const Survey &) const = default;
};

/// By Disk::id of the observed machine. Only disks that could be replacements are surveyed.
using Surveys = std::map<std::string, Survey>;

} // namespace mdrescue::diagnose
