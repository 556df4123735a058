// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

/// Words about an image that more than one command says.
namespace mdrescue::cli {

/// Made printable; a machine may have no name.
[[nodiscard]] std::string shown_host_name(const std::string &raw);

/// "/boot 35 MB, EFI partitions 6.0 MB, initramfs 20 MB", sizes in bytes; a machine without EFI
/// partitions has none.
[[nodiscard]] std::string parts_text(std::uint64_t boot, std::uint64_t esps,
                                     std::uint64_t initramfs);

/// "BIOS, UEFI (also with Secure Boot)".
[[nodiscard]] std::string starts_on_text(bool bios, bool uefi, bool secure_boot);

/// "2025-11-22 08:30 UTC, 3 days ago"; both in seconds since 1970.
[[nodiscard]] std::string made_text(std::int64_t made_at, std::int64_t now);

} // namespace mdrescue::cli
