// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "util/result.h"

#include <string>

namespace mdrescue::agent {

/// Leaves the initramfs for the system mounted at `root`: all other processes are ended, /dev,
/// /proc, /sys and /run move along (the arrays' names are in /run/mdadm), what lies in the
/// initramfs is deleted to free its memory, and `init` of the new root takes this process's place.
/// Only for process 1. Returns only with an error, and only as long as nothing was deleted.
[[nodiscard]] util::Result<void> switch_root(const std::string &root, const std::string &init);

} // namespace mdrescue::agent
