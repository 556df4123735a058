// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/lines.h"
#include "util/result.h"

#include <cstddef>
#include <string>

namespace mdrescue::agent {

/// A line an operator typed.
struct Answer {
    std::string text;        ///< printable ASCII, without the end of line and blanks around it
    std::size_t console = 0; ///< on which console
};

/// The one conversation with the operator: the same text on every console, input from any.
class Terminal {
  public:
    virtual ~Terminal() = default;

    virtual void show(const Lines &lines) = 0;
    /// A fresh screen follows: cleared where that is possible.
    virtual void clear() = 0;
    /// One line that the next status or show() replaces, for progress.
    virtual void status(const std::string &text) = 0;
    /// Asks and waits for a line from any console, for ever: silence, junk, end-of-file and a
    /// hung-up line are no answer.
    [[nodiscard]] virtual Answer ask(const std::string &prompt) = 0;
    /// The same for a passphrase: nothing of it is shown anywhere, and its blanks stay. One that
    /// cannot do that asks nothing, and the answer is empty.
    [[nodiscard]] virtual Answer ask_secret(const std::string & /*prompt*/) { return {}; }
    /// True when Ctrl-C or q was typed somewhere since the last call; other input is thrown away.
    [[nodiscard]] virtual bool interrupted() = 0;
    /// Runs a rescue shell on that console until it ends, with job control; says so on the others.
    /// Error: no shell could be started.
    [[nodiscard]] virtual util::Result<void> shell(std::size_t console) = 0;
};

} // namespace mdrescue::agent
