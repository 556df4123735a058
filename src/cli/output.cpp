// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/output.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <unistd.h>

namespace mdrescue::cli {

util::Result<void> print(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
        std::fflush(stdout) == 0 && std::ferror(stdout) == 0)
        return {};
    return util::fail_errno("cannot write to standard output", errno);
}

bool is_screen(int stream) {
    const char *terminal = std::getenv("TERM");
    return ::isatty(stream) == 1 && terminal != nullptr && std::string_view(terminal) != "dumb";
}

std::string moving_line(std::string_view text) {
    return text.empty() ? "\r\x1b[K" : fmt::format("\x1b[?7l\r{}\x1b[K\x1b[?7h", text);
}

void tell(std::string_view text) {
    static_cast<void>(std::fwrite(text.data(), 1, text.size(), stderr));
}

} // namespace mdrescue::cli
