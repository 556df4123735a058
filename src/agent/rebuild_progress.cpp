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

/// "md0 [===>   ] 45 % … , md1 waits": those that wait take no more room than that.
std::string RebuildProgress::bars() {
    using Phase = execute::RebuildState::Phase;
    std::string running_name;
    execute::RebuildState running;
    std::string others;
    for (const std::string &name :
         system_.list("/sys/block").value_or(std::vector<std::string>{})) {
        if (!name.starts_with("md"))
            continue;
        const auto state = execute::rebuild_state(system_, name);
        if (!state || state->phase == Phase::idle)
            continue;
        if (state->phase == Phase::running && running_name.empty()) {
            running_name = name;
            running = *state;
        } else {
            others +=
                fmt::format(", {} {}", name, state->phase == Phase::running ? "too" : "waits");
        }
    }
    if (running_name.empty())
        return others.empty() ? "rebuild: md is finishing" : "rebuild" + others;
    const std::size_t taken = std::min(running_name.size() + 1 + others.size(), screen_width);
    return fitted(running_name + " " + execute::rebuild_bar(running, screen_width - taken) + others,
                  screen_width);
}

} // namespace mdrescue::agent
