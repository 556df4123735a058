// SPDX-License-Identifier: GPL-3.0-or-later
#include "etc/lines.h"

#include "util/text.h"

namespace mdrescue::etc {

std::vector<std::string> split_lines(std::string_view text) {
    const auto pieces = util::split(text, '\n');
    return {pieces.begin(), pieces.end()};
}

std::string joined(const std::vector<std::string> &lines) {
    std::string text;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (i > 0)
            text += '\n';
        text += lines[i];
    }
    return text;
}

} // namespace mdrescue::etc
