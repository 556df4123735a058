// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "util/progress.h"

#include <chrono>
#include <string>

namespace mdrescue::cli {

/// What a person reads is broken to this width.
inline constexpr std::size_t terminal_columns = 79;

/// Progress on standard error: on a terminal one line that moves, with bytes and time left;
/// otherwise one line per phase.
class TerminalProgress final : public util::Progress {
  public:
    explicit TerminalProgress(bool terminal) : terminal_(terminal) {}

    void phase(std::string_view name, std::uint64_t total) override;
    void advance(std::uint64_t done) override;
    void warn(std::string_view message) override;
    void end() override;

  private:
    void draw();
    void clear();

    bool terminal_;
    std::string name_;
    std::uint64_t total_ = 0;
    std::uint64_t done_ = 0;
    std::chrono::steady_clock::time_point started_;
    std::chrono::steady_clock::time_point drawn_;
};

/// "writing image   45 %   72 MB of 160 MB, 3 s left": pure, for the test.
[[nodiscard]] std::string progress_line(std::string_view name, std::uint64_t done,
                                        std::uint64_t total, double seconds);

} // namespace mdrescue::cli
