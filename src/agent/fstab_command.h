// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/machine.h"
#include "system/system.h"
#include "util/result.h"

#include <functional>
#include <string>
#include <vector>

namespace mdrescue::agent {

inline constexpr const char *fstab_help =
    "Usage: mdrescue-agent fstab bypass|restore [--root DIR] [--dry-run]\n"
    "\n"
    "bypass   takes those entries out of DIR/etc/fstab and DIR/etc/crypttab whose device is\n"
    "         missing now: each becomes a comment, \"#mdrescue-bypass# \" and the line as it is\n"
    "restore  puts them back, byte for byte; \"#mdrescue-lost# \" lines, whose data a recovery\n"
    "         found lost, stay out until you take the mark off\n"
    "\n"
    "  --root DIR  where the installed system is mounted; / when absent\n"
    "  --dry-run   says what would be changed, and changes nothing\n"
    "\n"
    "Prints each line taken out or put back. Exit status: 0 done, 1 failed, 2 wrong usage.\n";

struct CommandOutput {
    int status = 0;
    std::string out;
    std::string err;
};

/// `arguments`: what follows "fstab". observe: asked only where the present devices are needed.
[[nodiscard]] CommandOutput
fstab_command(system::System &system, const std::vector<std::string> &arguments,
              const std::function<util::Result<model::Machine>()> &observe);

} // namespace mdrescue::agent
