// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/terminal.h"

#include <chrono>
#include <string>

namespace mdrescue::cli {

/// The conversation on standard input and output, for the recovery on a running system. End of file
/// is an empty answer, which never means yes. On something that is no terminal nothing is redrawn.
class StdioTerminal final : public agent::Terminal {
  public:
    /// screen: standard output is a terminal that can draw over a line; else what goes on is told
    /// in a line of its own now and then. colour: it shows colours.
    StdioTerminal(bool screen, bool colour) : screen_(screen), colour_(colour) {}

    void show(const agent::Lines &lines) override;
    void clear() override {}
    void status(const std::string &text) override;
    [[nodiscard]] agent::Answer ask(const std::string &prompt) override;
    /// Ctrl-C sets util::cancel_requested by itself; there is nothing to read here.
    [[nodiscard]] bool interrupted() override { return false; }
    [[nodiscard]] util::Result<void> shell(std::size_t console) override;

  private:
    void end_status();

    bool screen_;
    bool colour_;
    bool status_open_ = false;
    std::chrono::steady_clock::time_point told_ = std::chrono::steady_clock::now();
};

} // namespace mdrescue::cli
