// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/console_progress.h"

#include "util/text.h"

#include <fmt/format.h>

namespace mdrescue::agent {

void ConsoleProgress::phase(std::string_view name, std::uint64_t total) {
    name_ = name;
    total_ = total;
    start_ = shown_ = system_.now();
    terminal_.status(name_);
}

void ConsoleProgress::advance(std::uint64_t done) {
    const auto now = system_.now();
    if (now - shown_ < std::chrono::seconds(1))
        return;
    shown_ = now;
    if (terminal_.interrupted())
        util::cancel_requested = true;
    terminal_.status(text(done));
}

void ConsoleProgress::warn(std::string_view message) {
    terminal_.show({{{"! " + std::string(message), Style::warning}}});
}

std::string ConsoleProgress::text(std::uint64_t done) const {
    const auto spent = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::seconds>(shown_ - start_).count());
    if (total_ == 0 || done == 0 || done > total_)
        return fmt::format("{}: {} (q: stop)", name_, util::size_text(done));
    const double left =
        static_cast<double>(spent) * static_cast<double>(total_ - done) / static_cast<double>(done);
    return fmt::format("{}: {} of {}, {} %, {} left (q: stop)", name_, util::size_text(done),
                       util::size_text(total_), done * 100 / total_,
                       util::duration_text(static_cast<std::uint64_t>(left)));
}

} // namespace mdrescue::agent
