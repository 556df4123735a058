// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/stdio_terminal.h"

#include "cli/output.h"
#include "util/text.h"

#include <iostream>

namespace mdrescue::cli {
namespace {

/// A recovery that has begun goes on without its terminal; the journal holds what was said.
void say(std::string_view text) { static_cast<void>(print(text)); }

} // namespace

void StdioTerminal::end_status() {
    if (status_open_)
        say(moving_line(""));
    status_open_ = false;
}

void StdioTerminal::show(const agent::Lines &lines) {
    end_status();
    say(agent::rendered(lines, colour_));
}

void StdioTerminal::status(const std::string &text) {
    if (screen_) {
        say(moving_line(text));
        status_open_ = true;
        return;
    }
    constexpr std::chrono::seconds pause{30};
    const auto now = std::chrono::steady_clock::now();
    if (now - told_ < pause)
        return;
    told_ = now;
    say(text + "\n");
}

agent::Answer StdioTerminal::ask(const std::string &prompt) {
    end_status();
    say(prompt);
    std::string line;
    if (!std::getline(std::cin, line)) {
        say("\n");
        return {};
    }
    return {util::printable(util::trimmed(line)), 0};
}

util::Result<void> StdioTerminal::shell(std::size_t /*console*/) {
    return util::fail("the running system has shells of its own");
}

} // namespace mdrescue::cli
