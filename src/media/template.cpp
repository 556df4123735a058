// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/template.h"

#include <fmt/format.h>
#include <set>

namespace mdrescue::media {
namespace {

constexpr std::string_view name_characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
constexpr const char *mixed_hint =
    "The installed templates are not those of this version of mdrescue; install it again.";

/// The name of the placeholder that the text begins with; empty when it does not begin with one.
std::string_view placeholder(std::string_view text) {
    const auto end = text.find_first_not_of(name_characters, 1);
    return end == std::string_view::npos || end == 1 || text[end] != '@' ? ""
                                                                         : text.substr(1, end - 1);
}

} // namespace

util::Result<std::string> filled_template(std::string_view text, const TemplateValues &values) {
    std::string result;
    std::set<std::string> used;
    while (!text.empty()) {
        const auto at = std::min(text.find('@'), text.size());
        result += text.substr(0, at);
        text.remove_prefix(at);
        if (text.empty())
            break;
        const std::string name(placeholder(text));
        const auto value = values.find(name);
        if (!name.empty() && value == values.end())
            return util::fail(fmt::format("template asks for the unknown value @{}@", name),
                              mixed_hint);
        result += name.empty() ? "@" : value->second;
        used.insert(name);
        text.remove_prefix(name.empty() ? 1 : name.size() + 2);
    }
    for (const auto &[name, value] : values)
        if (used.count(name) == 0)
            return util::fail(fmt::format("template has no place for the value @{}@", name),
                              mixed_hint);
    return result;
}

} // namespace mdrescue::media
