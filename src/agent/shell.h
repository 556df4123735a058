// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "util/result.h"

#include <string>
#include <sys/types.h>

namespace mdrescue::agent {

/// Starts a login shell (bash where it is there, else busybox's) as leader of a new session with
/// that terminal as its controlling one, so that job control and Ctrl-C work in it. Not in System,
/// since nothing of it (fork, setsid, TIOCSCTTY) could be put in front of another machine.
/// terminal: "/dev/ttyS0". type: TERM. Returns the process to wait for.
[[nodiscard]] util::Result<pid_t> start_shell(const std::string &terminal, const std::string &type);

/// TERM for a console by its device name: the Linux console, or the VT220 that every serial
/// terminal program understands.
[[nodiscard]] std::string terminal_type(const std::string &console);

} // namespace mdrescue::agent
