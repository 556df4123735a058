// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace mdrescue::agent {

/// What the session does first.
enum class Mode {
    guided,     ///< look at the machine, show it, offer the menu
    installed,  ///< start the installed system from here (installed.h)
    shell,      ///< a rescue shell before anything is assembled
    verify,     ///< check the whole medium
    unattended, ///< repair without a question, where a strict predicate holds
};

/// The agent's part of the kernel command line.
struct Arguments {
    Mode mode = Mode::guided;
    std::string unsupported_mode; ///< raw text of a mode this version does not have; "" as a rule
    std::string image_id;         ///< mdrescue.id; "" when it was not given
    std::string init = "/sbin/init"; ///< init=: of the installed system
    bool root_writable =
        false; ///< rw: how the installed system's root is mounted; the last of ro and rw counts
    bool plain = false; ///< mdrescue.plain: no escape codes, nothing redrawn
};

/// Reads a kernel command line (/proc/cmdline). As the kernel does, the last of several equal
/// parameters counts. Unknown parameters belong to somebody else.
[[nodiscard]] Arguments parse_arguments(std::string_view command_line);

} // namespace mdrescue::agent
