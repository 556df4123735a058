// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace mdrescue::test {

/// How a run of the program ended.
struct Ended {
    int status = -1; ///< exit status; 128 + N when signal N killed it
    std::string out; ///< standard output
    std::string err; ///< standard error; on a terminal both are in `out`
};

struct Run {
    std::vector<std::string> arguments; ///< after "mdrescue"
    bool terminal = false;              ///< all three streams are a terminal of 80 columns
    std::string input = {};             ///< standard input, where it is no terminal; a few lines
    bool unprivileged = false;          ///< as nobody
    std::string terminal_name = "xterm";
    std::string out = {}; ///< standard output is this, opened for writing; "" to collect it
    bool deaf = false;    ///< standard error is closed
    /// Called with all that was said so far, whenever more is said; may send a signal to the
    /// process.
    std::function<void(const std::string &said, int process)> watch = {};
};

/// Runs mdrescue's command line as a process of its own, and waits for its end.
[[nodiscard]] Ended run_program(const Run &run);

} // namespace mdrescue::test
