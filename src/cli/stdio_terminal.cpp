// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/stdio_terminal.h"

#include "util/text.h"

#include <cstdio>
#include <fmt/format.h>
#include <iostream>

namespace mdrescue::cli {

void StdioTerminal::end_status() {
    if (status_open_)
        fmt::print("\r\x1b[K");
    status_open_ = false;
}

void StdioTerminal::show(const agent::Lines &lines) {
    end_status();
    fmt::print("{}", agent::rendered(lines, colour_));
    std::fflush(stdout);
}

void StdioTerminal::status(const std::string &text) {
    if (!terminal_)
        return;
    fmt::print("\r{}\x1b[K", text);
    std::fflush(stdout);
    status_open_ = true;
}

agent::Answer StdioTerminal::ask(const std::string &prompt) {
    end_status();
    fmt::print("{}", prompt);
    std::fflush(stdout);
    std::string line;
    if (!std::getline(std::cin, line)) {
        fmt::print("\n");
        return {};
    }
    return {util::printable(util::trimmed(line)), 0};
}

util::Result<void> StdioTerminal::shell(std::size_t /*console*/) {
    return util::fail("the running system has shells of its own");
}

} // namespace mdrescue::cli
