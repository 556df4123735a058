// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/image_text.h"

#include "util/text.h"

#include <fmt/format.h>

namespace mdrescue::cli {

std::string shown_host_name(const std::string &raw) {
    return raw.empty() ? "a machine without a name" : util::printable(raw);
}

std::string parts_text(std::uint64_t boot, std::uint64_t esps, std::uint64_t initramfs) {
    return fmt::format("/boot {}{}, initramfs {}", util::size_text(boot),
                       esps == 0 ? "" : ", EFI partitions " + util::size_text(esps),
                       util::size_text(initramfs));
}

std::string starts_on_text(bool bios, bool uefi, bool secure_boot) {
    std::string text = bios ? "BIOS" : "";
    if (uefi)
        text += fmt::format("{}UEFI ({} Secure Boot)", text.empty() ? "" : ", ",
                            secure_boot ? "also with" : "not with");
    return text;
}

} // namespace mdrescue::cli
