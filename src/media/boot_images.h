// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "system/system.h"
#include "util/progress.h"
#include "util/result.h"

#include <optional>
#include <string>
#include <vector>

namespace mdrescue::media {

/// The boot loaders of the image, as bytes. At least one firmware is there.
struct BootImages {
    /// El Torito image (GRUB's cdboot + core); "" when the machine has no GRUB for BIOS.
    std::string bios;
    std::string bios_mbr; ///< 512 bytes boot_hybrid.img; "" with bios
    std::string esp;      ///< FAT image with \EFI\BOOT; "" when there is no GRUB for UEFI
    /// Shim and GRUB are the distribution's signed ones, and the kernel carries a signature: starts
    /// with Secure Boot on.
    bool secure_boot = false;
    /// Directories whose grub.cfg the signed GRUB may read ("EFI/debian", "EFI/BOOT"): the same
    /// stub is put there on the ISO.
    std::vector<std::string> efi_directories;
    std::string stub; ///< text of that grub.cfg
};

struct BootImagesRequest {
    /// "/" or the root of another machine, where GRUB's parts and the signed loaders are.
    std::string root;
    std::string grub_directory; ///< directory grub/ of the data directory
    std::string image_id;       ///< UUID: GRUB finds the medium by the file /mdrescue/id-<uuid>
    std::string kernel;         ///< file that the image starts
    std::string scratch;        ///< directory for temporary files
    std::int64_t epoch = 0;
};

/// Makes them the way grub-mkrescue does (grub-mkimage of the installed GRUB). A firmware whose
/// parts are missing is left out with a warning naming the package (grub-pc-bin,
/// grub-efi-amd64-bin, shim-signed + grub-efi-amd64-signed); both missing is an error.
[[nodiscard]] util::Result<BootImages> make_boot_images(system::System &system,
                                                        const BootImagesRequest &request,
                                                        util::Progress &progress);

} // namespace mdrescue::media
