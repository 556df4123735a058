// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "manifest/tree.h"

#include <string>
#include <vector>

namespace mdrescue::cli {

/// What a machine does not start without, and the snapshot of its /boot lacks: an initramfs for
/// that kernel, by the names that distributions give it, and the menu of its boot loader. One
/// sentence each. Pure.
[[nodiscard]] std::vector<std::string> boot_gaps(const manifest::Tree &boot,
                                                 const std::string &kernel_version);

} // namespace mdrescue::cli
