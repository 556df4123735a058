// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The commands of mdrescue: what the operator typed, turned into calls of the rooms below.
namespace mdrescue::cli {

/// Parses the arguments and runs the command. Returns the exit status: 0 done, 1 refused or failed
/// (the reason is on standard error), 2 wrong usage.
[[nodiscard]] int run(int argc, char **argv);

} // namespace mdrescue::cli
