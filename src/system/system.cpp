// SPDX-License-Identifier: GPL-3.0-or-later
#include "system/system.h"

#include "util/text.h"

#include <fmt/format.h>

namespace mdrescue::system {
namespace {

/// What a program said, printable. Some name the reason first (mount), some last: all of it, and of
/// much the beginning and the end.
std::string in_one_line(std::string_view said) {
    constexpr std::size_t kept = 200; // bytes, at each end
    std::string line;
    for (const auto part : util::split(said, '\n'))
        if (const auto words = util::trimmed(part); !words.empty())
            line += (line.empty() ? "" : "; ") + std::string(words);
    const std::string_view all = line;
    if (all.size() <= 2 * kept)
        return util::printable(all);
    return util::printable(all.substr(0, kept)) + " ... " +
           util::printable(all.substr(all.size() - kept));
}

} // namespace

util::Result<std::string> run_ok(System &system, const Command &command) {
    MDR_TRY_ASSIGN(Output output, system.run(command));
    if (output.status == 0)
        return std::move(output.out);
    const std::string words = in_one_line(output.err.empty() ? output.out : output.err);
    return util::fail(fmt::format("{} ended with status {}: {}", command.argv[0], output.status,
                                  words.empty() ? "it said nothing" : words));
}

} // namespace mdrescue::system
