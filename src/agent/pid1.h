// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace mdrescue::agent {

/// Process 1 of the initramfs: mounts the basics, runs the session in a child process, starts it
/// again when it dies, offers shells when it keeps dying, reaps orphans, and in the end restarts or
/// powers the machine off. Process 1 must never end (the kernel would panic), so little is done in
/// it.
[[noreturn]] void run_as_init();

} // namespace mdrescue::agent
