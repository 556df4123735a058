// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/arguments.h"

#include "util/text.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace mdrescue::agent {
namespace {

/// The value of "name=value", with the quotes the kernel allows around a value taken off.
std::optional<std::string_view> value_of(std::string_view word, std::string_view name) {
    if (!word.starts_with(name) || word.substr(name.size(), 1) != "=")
        return std::nullopt;
    word.remove_prefix(name.size() + 1);
    if (word.size() >= 2 && word.front() == '"' && word.back() == '"')
        word = word.substr(1, word.size() - 2);
    return word;
}

constexpr std::array<std::pair<std::string_view, Mode>, 5> modes{
    {{"guided", Mode::guided},
     {"installed", Mode::installed},
     {"shell", Mode::shell},
     {"verify", Mode::verify},
     {"unattended", Mode::unattended}}};

void set_mode(Arguments &arguments, std::string_view name) {
    const auto *known = std::find_if(modes.begin(), modes.end(),
                                     [&](const auto &mode) { return mode.first == name; });
    arguments.mode = known == modes.end() ? Mode::guided : known->second;
    arguments.unsupported_mode = known == modes.end() ? name : "";
}

} // namespace

Arguments parse_arguments(std::string_view command_line) {
    Arguments arguments;
    for (const std::string_view word : util::split_words(command_line)) {
        if (const auto mode = value_of(word, "mdrescue.mode"))
            set_mode(arguments, *mode);
        else if (const auto id = value_of(word, "mdrescue.id"))
            arguments.image_id = *id;
        else if (const auto init = value_of(word, "init"); init && init->starts_with('/'))
            arguments.init = *init;
        else if (word == "ro" || word == "rw")
            arguments.root_writable = word == "rw";
        else if (word == "mdrescue.plain")
            arguments.plain = true;
        else if (const auto plain = value_of(word, "mdrescue.plain"))
            arguments.plain = *plain != "0";
    }
    return arguments;
}

} // namespace mdrescue::agent
