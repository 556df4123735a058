// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "system/system.h"

#include <string>
#include <vector>

namespace mdrescue::agent {

/// Mounts what every program expects (/proc, /sys, /dev, …) and keeps the kernel's messages off the
/// consoles. Goes on whatever fails; returns what did, in words.
[[nodiscard]] std::vector<std::string> early_start(system::System &system);

} // namespace mdrescue::agent
