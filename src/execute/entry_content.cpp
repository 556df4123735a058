// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/entry_content.h"

#include "util/text.h"

#include <algorithm>
#include <initializer_list>

namespace mdrescue::execute {
namespace {

using model::Content;

bool has_any_option(const std::string &options, std::initializer_list<std::string_view> wanted) {
    const auto list = util::split(options, ',');
    return std::any_of(list.begin(), list.end(), [&](std::string_view option) {
        return std::any_of(wanted.begin(), wanted.end(), [&](std::string_view one) {
            return option == one || (one.back() == '=' && option.starts_with(one));
        });
    });
}

bool is_swap(const Content &content) {
    return content.type == "swap" || content.type == "swsuspend"; // the latter: hibernated
}

} // namespace

bool headerless(const etc::CrypttabEntry &entry) {
    return has_any_option(entry.options, {"swap", "plain", "tcrypt", "bitlk", "header="});
}

bool fits(const etc::FstabEntry &entry, const Content &content) {
    if (entry.type == "swap")
        return is_swap(content);
    return content.kind == Content::Kind::filesystem && !is_swap(content);
}

bool fits(const etc::CrypttabEntry &entry, const Content &content) {
    if (headerless(entry))
        return content.kind == Content::Kind::empty || is_swap(content);
    return content.kind == Content::Kind::luks;
}

} // namespace mdrescue::execute
