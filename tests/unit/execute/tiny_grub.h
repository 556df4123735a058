// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "util/bytes.h"

#include <string>

namespace mdrescue::test {

/// As small as GRUB's boot loader can be: boot code, and a core image of two sectors.
struct TinyGrub {
    std::string boot_img, core_img; ///< as in /boot/grub/i386-pc
    std::string boot_code, core;    ///< as its installer puts them on a disk

    /// filling: what tells one version from another. sector: where the core image is put.
    explicit TinyGrub(char filling, std::uint64_t sector = 1)
        : boot_img(512, '\0'), core_img(1024, filling) {
        boot_img.replace(0, 3, "\xeb\x63\x90");
        boot_img.replace(0x180, 5, "GRUB ");
        boot_img[0x100] = filling;
        boot_img[0x64] = '\xff';
        boot_img.replace(0x66, 2, "\xeb\x05");
        core_img.replace(464, 48, std::string(48, '\0'));
        util::put_little_endian<std::uint16_t>(core_img, 508, 1);
        boot_code = boot_img.substr(0, 440);
        boot_code.replace(0x66, 2, "\x90\x90");
        util::put_little_endian<std::uint64_t>(boot_code, 0x5c, sector);
        core = core_img;
        util::put_little_endian<std::uint64_t>(core, 500, sector + 1);
    }

    void put_on(std::string &disk) const {
        const auto sector = util::little_endian<std::uint64_t>(boot_code, 0x5c);
        disk.replace(0, boot_code.size(), boot_code);
        disk.replace(sector * 512, core.size(), core);
    }
};

} // namespace mdrescue::test
