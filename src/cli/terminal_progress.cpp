// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/terminal_progress.h"

#include "cli/output.h"
#include "util/text.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace mdrescue::cli {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t name_width = 28;

/// A column of names; a long one (the path of a /boot elsewhere) pushes the rest to the right.
std::string phase_text(std::string_view name) { return fmt::format("{:<{}}  ", name, name_width); }

} // namespace

std::string progress_line(std::string_view name, std::uint64_t done, std::uint64_t total,
                          double seconds) {
    std::string line = phase_text(name);
    if (total == 0)
        return done == 0 ? line : line + util::size_text(done);
    done = std::min(done, total);
    line += fmt::format("{:>4} %  {} of {}", done * 100 / total, util::size_text(done),
                        util::size_text(total));
    // A guess from the first instants would only jump about.
    if (seconds >= 1 && done > 0 && done < total) {
        const double left = seconds * static_cast<double>(total - done) / static_cast<double>(done);
        line += fmt::format(", {} left",
                            util::duration_text(static_cast<std::uint64_t>(std::llround(left))));
    }
    return line;
}

void TerminalProgress::phase(std::string_view name, std::uint64_t total) {
    end();
    name_ = name;
    total_ = total;
    done_ = 0;
    started_ = std::chrono::steady_clock::now();
    if (terminal_)
        draw();
}

void TerminalProgress::advance(std::uint64_t done) {
    done_ = done;
    if (terminal_ && std::chrono::steady_clock::now() - drawn_ > 100ms)
        draw();
}

void TerminalProgress::draw() {
    drawn_ = std::chrono::steady_clock::now();
    const std::chrono::duration<double> elapsed = drawn_ - started_;
    tell(moving_line(progress_line(name_, done_, total_, elapsed.count())));
}

void TerminalProgress::clear() {
    if (terminal_ && !name_.empty())
        tell(moving_line(""));
}

void TerminalProgress::warn(std::string_view message) {
    clear();
    // The operator's line is wrapped; a log's is one line, to be searched.
    if (terminal_)
        tell(fmt::format("\x1b[33mwarning:\x1b[0m{}",
                         util::paragraph("         ", message, terminal_columns).substr(8)));
    else
        tell(fmt::format("warning: {}\n", message));
    if (terminal_ && !name_.empty())
        draw();
}

void TerminalProgress::end() {
    if (name_.empty())
        return;
    clear();
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - started_;
    const std::string size = total_ == 0 ? std::string() : util::size_text(total_);
    tell(fmt::format("{}{:>8}  {:.1f} s\n", phase_text(name_), size, elapsed.count()));
    name_.clear();
}

} // namespace mdrescue::cli
