// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

/// Words about an image that more than one command says.
namespace mdrescue::cli {

/// Made printable; a machine may have no name.
[[nodiscard]] std::string shown_host_name(const std::string &raw);

/// "BIOS, UEFI (also with Secure Boot)".
[[nodiscard]] std::string starts_on_text(bool bios, bool uefi, bool secure_boot);

} // namespace mdrescue::cli
