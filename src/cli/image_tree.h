// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cli/data_files.h"
#include "cli/esp_snapshots.h"
#include "manifest/tree.h"
#include "media/boot_images.h"
#include "model/machine.h"
#include "payload/initramfs.h"
#include "payload/kernel.h"
#include "util/result.h"

#include <string>
#include <vector>

namespace mdrescue::cli {

/// What an image is put together from.
struct ImageParts {
    model::Profile profile;
    payload::Kernel kernel;
    manifest::Tree boot; ///< snapshot of /boot, under "boot"
    std::vector<EspSnapshot> esps;
    payload::InitramfsReport initramfs;
};

/// Every file of the image under its fixed name (DESIGN: /boot/…, /mdrescue/machine.json,
/// /mdrescue/initramfs, /mdrescue/grub/grub.cfg, README.html, …). Nothing of ours lies under /boot.
/// epoch: time of the files that are ours.
[[nodiscard]] util::Result<manifest::Tree>
image_tree(const ImageParts &parts, const media::BootImages &boot, const DataFiles &data,
           const std::string &password_hash, std::int64_t epoch);

} // namespace mdrescue::cli
