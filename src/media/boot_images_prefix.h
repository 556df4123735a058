// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mdrescue::media {

/// The directory that a GRUB binary for 64-bit UEFI was built to look for grub.cfg in
/// ("/EFI/debian"): its prefix object, without a device in front. None when there is no such object
/// or it is empty.
[[nodiscard]] std::optional<std::string> grub_prefix(std::string_view binary);

} // namespace mdrescue::media
