// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/terminal.h"

#include <string>

namespace mdrescue::cli {

/// The conversation on standard input and output, for the recovery on a running system. End of file
/// is an empty answer, which never means yes. On something that is no terminal nothing is redrawn.
class StdioTerminal final : public agent::Terminal {
  public:
    /// terminal: standard output is one. colour: it shows colours.
    StdioTerminal(bool terminal, bool colour) : terminal_(terminal), colour_(colour) {}

    void show(const agent::Lines &lines) override;
    void clear() override {}
    void status(const std::string &text) override;
    [[nodiscard]] agent::Answer ask(const std::string &prompt) override;
    /// Ctrl-C sets util::cancel_requested by itself; there is nothing to read here.
    [[nodiscard]] bool interrupted() override { return false; }
    [[nodiscard]] util::Result<void> shell(std::size_t console) override;

  private:
    void end_status();

    bool terminal_;
    bool colour_;
    bool status_open_ = false;
};

} // namespace mdrescue::cli
