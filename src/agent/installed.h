// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/arguments.h"
#include "agent/screens.h"
#include "agent/terminal.h"
#include "execute/context.h"
#include "system/system.h"
#include "util/result.h"

#include <string>

/// Starting the installed system from the disc (the article's way): with the disc's kernel, its own
/// root filesystem, and without what is missing. Choosing it is the consent to start the recorded
/// arrays read-write and to edit fstab and crypttab (safety rules 4, 7 and 8).
namespace mdrescue::agent {

/// Where its root filesystem is mounted before process 1 moves there.
inline constexpr const char *installed_root = "/sysroot";

/// Why the installed system is not started on this machine as it is; "" when nothing speaks against
/// it. Degraded arrays do not; a split brain, a duplicate, a reshape, a dirty degraded array and a
/// hibernated system do. Pure.
[[nodiscard]] std::string installed_refusal(const Facts &facts);

/// Makes the recorded arrays writable, checks and mounts the root filesystem at installed_root (and
/// /usr in it, where that is a filesystem of its own), takes out the entries of fstab and crypttab
/// whose devices are missing, and leaves the root mounted as the recorded command line says (ro as
/// a rule). Tells what it does. installed_refusal() must be "". Error: what could not be done; the
/// root is not mounted then.
[[nodiscard]] util::Result<void> prepare_installed(system::System &system, Terminal &terminal,
                                                   const Facts &facts, const Arguments &arguments,
                                                   const execute::Observe &observe);

} // namespace mdrescue::agent
