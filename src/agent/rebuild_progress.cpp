// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/rebuild_progress.h"

#include "execute/rebuild.h"

#include <algorithm>
#include <fmt/format.h>

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

/// "md0 [===>   ] 45 % … , md1 waits": those that are rebuilt share the line, those that wait take
/// no more room than that.
std::string RebuildProgress::bars() {
    using Phase = execute::RebuildState::Phase;
    std::vector<execute::RebuildState> running;
    std::string waiting;
    for (const std::string &name :
         system_.list("/sys/block").value_or(std::vector<std::string>{})) {
        if (!name.starts_with("md"))
            continue;
        auto state = execute::rebuild_state(system_, name);
        if (!state || state->phase == Phase::idle)
            continue;
        if (state->phase == Phase::running)
            running.push_back(std::move(*state));
        else
            waiting += fmt::format(", {} waits", name);
    }
    if (running.empty())
        return waiting.empty() ? "rebuild: md is finishing" : "rebuild" + waiting;
    const std::size_t room =
        (screen_width - std::min(waiting.size(), screen_width)) / running.size();
    std::string line;
    for (const execute::RebuildState &state : running) {
        const std::size_t taken = state.kernel_name.size() + 1 + (running.size() > 1 ? 2 : 0);
        line += (line.empty() ? "" : ", ") + state.kernel_name + " " +
                execute::rebuild_bar(state, room - std::min(taken, room));
    }
    return fitted(line + waiting, screen_width);
}

} // namespace mdrescue::agent
