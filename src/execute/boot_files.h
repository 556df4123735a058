// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "execute/boot_loader.h"
#include "execute/context.h"
#include "execute/mounting.h"
#include "util/result.h"

#include <string>

/// The files in the machine's /boot that a BIOS boot loader was written from and goes on with.
namespace mdrescue::execute {

/// Mounts the recorded filesystem that /boot is on: its own, else the root. Errors: it is recorded
/// nowhere, not here, locked, or cannot be mounted.
[[nodiscard]] util::Result<Mounted> open_boot(Context &context, bool writable);
/// The directory that is /boot on the machine, below a mount of open_boot().
[[nodiscard]] std::string boot_directory(const Context &context, const Mounted &mounted);

struct BootFilesCheck {
    enum class Outcome {
        same,    ///< the boot loader was written from the files that are in /boot now
        other,   ///< it was not
        not_read ///< /boot cannot be read, or has no files of GRUB for a BIOS
    };
    Outcome outcome = Outcome::not_read;
    std::string reason{}; ///< "" for same
};

[[nodiscard]] BootFilesCheck compare_with_boot(Context &context, const BootLoaderOnDisk &found);

} // namespace mdrescue::execute
