// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnose/findings.h"
#include "util/text.h"

#include <fmt/format.h>

namespace mdrescue::diagnose {

std::string disk_words(const model::Disk &disk) {
    std::vector<std::string> parts;
    if (!disk.serial.empty())
        parts.push_back("serial " + util::printable(disk.serial));
    if (!disk.position.empty())
        parts.push_back("slot " + util::printable(disk.position));
    parts.push_back(util::size_text(disk.size));
    return fmt::format("{} ({})", util::printable(disk.id), fmt::join(parts, ", "));
}

std::string array_words(const model::Array &array) {
    if (!array.kernel_name.empty())
        return util::printable(array.kernel_name);
    if (array.preferred_minor)
        return fmt::format("md{}", *array.preferred_minor);
    return array.name.empty() ? array.uuid.substr(0, 8) : util::printable(array.name);
}

} // namespace mdrescue::diagnose
