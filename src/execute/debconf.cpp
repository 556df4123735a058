// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/debconf.h"

#include "util/text.h"

namespace mdrescue::execute {

std::optional<std::string> debconf_value(std::string_view database, std::string_view question) {
    bool here = false;
    for (const std::string_view line : util::split(database, '\n')) {
        if (line.empty())
            here = false;
        else if (line.starts_with("Name: "))
            here = util::trimmed(line.substr(6)) == question;
        else if (here && line.starts_with("Value: "))
            return std::string(util::trimmed(line.substr(7)));
    }
    return std::nullopt;
}

} // namespace mdrescue::execute
