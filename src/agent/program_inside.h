// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "system/system.h"

#include <string>

namespace mdrescue::agent {

/// Whether a path leads to a program in the system mounted at `root`, links followed as seen from
/// inside it: /sbin/init is often an absolute one.
[[nodiscard]] bool program_inside(system::System &system, const std::string &root,
                                  const std::string &path);

} // namespace mdrescue::agent
