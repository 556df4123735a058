// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/terminal.h"
#include "system/system.h"
#include "util/progress.h"

#include <chrono>
#include <cstdint>
#include <string>

namespace mdrescue::agent {

/// Progress on the consoles: how far, how long it may take, and q to stop, which sets
/// util::cancel_requested.
class ConsoleProgress final : public util::Progress {
  public:
    ConsoleProgress(system::System &system, Terminal &terminal)
        : system_(system), terminal_(terminal) {}

    void phase(std::string_view name, std::uint64_t total) override;
    void advance(std::uint64_t done) override;
    void warn(std::string_view message) override;

  private:
    [[nodiscard]] std::string text(std::uint64_t done) const;

    system::System &system_;
    Terminal &terminal_;
    std::string name_;
    std::uint64_t total_ = 0;
    std::chrono::steady_clock::time_point start_{}, shown_{};
};

} // namespace mdrescue::agent
