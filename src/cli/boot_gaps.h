// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "manifest/tree.h"
#include "model/machine.h"

#include <string>
#include <vector>

namespace mdrescue::cli {

/// What a machine does not start without, and the snapshot of its /boot lacks: an initramfs for
/// that kernel, by the names that distributions give it, and the menu of its boot loader. One
/// sentence each. Pure.
[[nodiscard]] std::vector<std::string> boot_gaps(const manifest::Tree &boot,
                                                 const std::string &kernel_version);

/// What lies on a disk itself, not on an array, and no recovery makes again: refused where the
/// system lies there, lost otherwise. One sentence each. Pure.
[[nodiscard]] std::vector<std::string> disk_gaps(const model::Machine &machine);

} // namespace mdrescue::cli
