// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/console_progress.h"

#include <string>

namespace mdrescue::agent {

/// Progress of the steps. While md rebuilds, every array has its bar with speed and time left,
/// since arrays on shared disks are rebuilt one after another.
class RebuildProgress final : public util::Progress {
  public:
    RebuildProgress(system::System &system, Terminal &terminal)
        : system_(system), terminal_(terminal), bytes_(system, terminal) {}

    void phase(std::string_view name, std::uint64_t total) override;
    void advance(std::uint64_t done) override;
    void warn(std::string_view message) override { bytes_.warn(message); }

  private:
    [[nodiscard]] std::string bars();

    system::System &system_;
    Terminal &terminal_;
    ConsoleProgress bytes_;
    bool rebuilding_ = false;
    std::chrono::steady_clock::time_point shown_{};
};

} // namespace mdrescue::agent
