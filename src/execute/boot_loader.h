// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/machine.h"
#include "system/system.h"
#include "util/result.h"

#include <string>

/// GRUB on a disk that a BIOS starts, read back.
namespace mdrescue::execute {

/// What the firmware would run.
struct BootLoaderOnDisk {
    std::string boot_code; ///< of the first sector, up to the disk id
    std::string core;      ///< the sectors that the boot code loads, in their order
};

/// Follows the boot code as the firmware's start does. Error: it is not GRUB's, or leads nowhere.
[[nodiscard]] util::Result<BootLoaderOnDisk> read_boot_loader(system::System &system,
                                                              const std::string &device);
/// The same in the recorded boot areas. Error also: it leads out of them.
[[nodiscard]] util::Result<BootLoaderOnDisk> recorded_boot_loader(const model::Disk &recorded);

/// Where GRUB keeps the files that a BIOS boot loader is written from: "<boot>/grub/i386-pc", or
/// grub2; "" when neither is there. boot: the directory that is /boot on the machine.
[[nodiscard]] std::string grub_platform_directory(system::System &system, const std::string &boot);

/// The boot loader is the one of boot.img and core.img in that directory. Error: it is another, or
/// they cannot be read; says which.
[[nodiscard]] util::Result<void> check_written_from(system::System &system,
                                                    const BootLoaderOnDisk &found,
                                                    const std::string &directory);

} // namespace mdrescue::execute
