// SPDX-License-Identifier: GPL-3.0-or-later
#include "burn/libburn_messages.h"

#include "util/text.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <vector>

namespace mdrescue::burn {

std::string complaints() {
    std::vector<std::string> found;
    std::array<char, BURN_MSGS_MESSAGE_LEN> text{};
    std::array<char, 80> severity{};
    std::string least = "SORRY"; // the API takes char *
    int code = 0;
    int os_error = 0;
    while (lib::burn_msgs_obtain(least.data(), &code, text.data(), &os_error, severity.data()) ==
           1) {
        const std::string message = util::printable(util::trimmed(text.data()));
        if (!message.empty() && std::find(found.begin(), found.end(), message) == found.end())
            found.push_back(message);
    }
    return fmt::format("{}", fmt::join(found, "; "));
}

std::string with_complaints(std::string what) {
    const std::string said = complaints();
    return said.empty() ? what : what + ": " + said;
}

} // namespace mdrescue::burn
