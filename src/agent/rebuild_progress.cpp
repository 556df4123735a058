// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/rebuild_progress.h"

#include "execute/rebuild.h"

namespace mdrescue::agent {

void RebuildProgress::phase(std::string_view name, std::uint64_t total) {
    rebuilding_ = name == execute::rebuild_phase;
    shown_ = {};
    if (!rebuilding_)
        bytes_.phase(name, total);
}

void RebuildProgress::advance(std::uint64_t done) {
    if (!rebuilding_) {
        bytes_.advance(done);
        return;
    }
    const auto now = system_.now();
    if (now - shown_ < std::chrono::seconds(1))
        return;
    shown_ = now;
    if (terminal_.interrupted())
        util::cancel_requested = true;
    terminal_.status(bars());
}

/// "md0 [===>   ] 45 % … | md1 waits": as much of each as the line has room for.
std::string RebuildProgress::bars() {
    std::vector<execute::RebuildState> busy;
    for (const std::string &name : system_.list("/sys/block").value_or(std::vector<std::string>{}))
        if (name.starts_with("md"))
            if (auto state = execute::rebuild_state(system_, name);
                state && state->phase != execute::RebuildState::Phase::idle)
                busy.push_back(std::move(*state));
    if (busy.empty())
        return "rebuild: md is finishing";
    const std::size_t each = screen_width / busy.size();
    std::string line;
    for (const execute::RebuildState &state : busy)
        line += fitted(fitted(state.kernel_name, 6) + execute::rebuild_bar(state, each - 8), each);
    return line;
}

} // namespace mdrescue::agent
