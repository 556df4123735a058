// SPDX-License-Identifier: GPL-3.0-or-later
#include "system/system.h"

#include "util/text.h"

#include <fmt/format.h>

namespace mdrescue::system {

util::Result<std::string> run_ok(System &system, const Command &command) {
    MDR_TRY_ASSIGN(Output output, system.run(command));
    if (output.status == 0)
        return std::move(output.out);
    const auto words = util::trimmed(output.err.empty() ? output.out : output.err);
    const auto last_line = util::split(words, '\n').back();
    return util::fail(
        fmt::format("{} ended with status {}: {}", command.argv[0], output.status,
                    last_line.empty() ? "it said nothing" : util::printable(last_line)));
}

} // namespace mdrescue::system
