// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>

/// What families of distributions call the same things of a boot. Everything else goes by standards
/// (os-release(5), UEFI, FHS); debconf, which only one family has, is execute/debconf. Boot loader
/// entries below /boot/loader/entries (Boot Loader Specification) are files of /boot like others:
/// they name the root and the kernel by what is kept, and come back as they were.
namespace mdrescue::model {

struct Family {
    const char *grub;             ///< GRUB's directory below /boot: "grub"
    const char *grub_parts;       ///< where its modules for each platform are, below the root
    const char *grub_program;     ///< how its programs begin: "grub-" in grub-install(8)
    const char *initramfs;        ///< in /boot, before the kernel's version
    const char *initramfs_suffix; ///< and behind it
};

/// In the order they are tried. Sources: file lists of the packages grub-common and initramfs-tools
/// (Debian), grub2-tools and dracut (Fedora), grub2 and dracut (openSUSE; before Leap 15.1 its GRUB
/// was in /usr/lib/grub2).
inline constexpr std::array<Family, 4> families{{
    {"grub", "usr/lib/grub", "grub-", "initrd.img-", ""},      // Debian
    {"grub2", "usr/lib/grub", "grub2-", "initramfs-", ".img"}, // Fedora
    {"grub2", "usr/share/grub2", "grub2-", "initrd-", ""},     // openSUSE
    {"grub2", "usr/lib/grub2", "grub2-", "initrd-", ""},       // openSUSE before Leap 15.1
}};

} // namespace mdrescue::model
