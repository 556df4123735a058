// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/machine.h"
#include "util/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace mdrescue::media {

struct GrubMenuRequest {
    model::Profile profile; ///< host name, image id, recorded command line, firmware boot entries
    std::string kernel;     ///< path on the image: "/boot/vmlinuz-6.1.0-56-amd64"; raw bytes
    std::string initramfs = "/mdrescue/initramfs"; ///< path on the image
    /// As grub-mkpasswd-pbkdf2 prints it ("grub.pbkdf2.sha512.10000.…"): editing entries and the
    /// GRUB prompt then ask for the user "mdrescue" and this password, starting an entry does not.
    /// Empty: nothing asks.
    std::string password_hash;
};

/// Error when a password hash is neither "" nor of that form.
[[nodiscard]] util::Result<void> check_password_hash(std::string_view hash);

/// The text of /mdrescue/grub/grub.cfg. template_text: grub/grub.cfg.in of the data directory.
/// Expects $root to be the medium, and no module but those in the GRUB image; commands that an
/// image lacks cost their entry, not the menu. Errors: a kernel path with control characters, a
/// hash of another form, a template of another version.
[[nodiscard]] util::Result<std::string> grub_menu(const GrubMenuRequest &request,
                                                  std::string_view template_text);

/// Parameters of the machine's own kernel command line that its hardware may need (consoles,
/// nomodeset, pci=…), in order. Nothing about the root filesystem, the init system or how much is
/// printed; nothing with characters outside A-Z a-z 0-9 and _ . , : = / @ + -.
[[nodiscard]] std::vector<std::string> hardware_parameters(std::string_view command_line);

} // namespace mdrescue::media
