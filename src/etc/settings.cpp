// SPDX-License-Identifier: GPL-3.0-or-later
#include "etc/settings.h"

#include "util/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <set>

namespace mdrescue::etc {
namespace {

using util::printable;
using util::Result;

Result<void> read_directory(std::string_view value, std::string &into) {
    if (!value.starts_with('/'))
        return util::fail(fmt::format("\"{}\" is no absolute path", printable(value)));
    into = value;
    return {};
}

Result<void> read_file(std::string_view value, std::string &into) {
    if (value.empty()) {
        into.clear();
        return {};
    }
    if (!value.ends_with(".prom")) // node_exporter reads no others
        return util::fail(fmt::format("\"{}\" does not end with .prom", printable(value)));
    return read_directory(value, into);
}

Result<void> read_number(std::string_view value, unsigned most, unsigned &into) {
    unsigned number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc{} || end != value.data() + value.size() || number < 1 || number > most)
        return util::fail(
            fmt::format("\"{}\" is no whole number from 1 to {}", printable(value), most));
    into = number;
    return {};
}

std::size_t occurrences(std::string_view text, std::string_view part) {
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
        ++count;
    return count;
}

Result<void> read_name(std::string_view value, std::string &into) {
    if (occurrences(value, "{time}") != 1 || occurrences(value, "{host}") > 1)
        return util::fail("the name must hold {time} once, and {host} at most once");
    if (value.find('/') != std::string_view::npos || value.starts_with('.'))
        return util::fail("the name must be one of a file, without / and not hidden");
    into = value;
    return {};
}

Result<void> read_yes_or_no(std::string_view value, bool &into) {
    if (value != "yes" && value != "no")
        return util::fail(fmt::format("\"{}\" is neither yes nor no", printable(value)));
    into = value == "yes";
    return {};
}

constexpr unsigned most_images = 1000;
constexpr unsigned most_days = 36500;

struct Key {
    std::string_view name;
    Result<void> (*read)(std::string_view value, Settings &into);
};

const std::array<Key, 6> keys{{
    {"IMAGES", [](auto value, auto &into) { return read_directory(value, into.images); }},
    {"KEEP", [](auto value, auto &into) { return read_number(value, most_images, into.keep); }},
    {"NAME", [](auto value, auto &into) { return read_name(value, into.name); }},
    {"MAX_AGE_DAYS",
     [](auto value, auto &into) { return read_number(value, most_days, into.max_age_days); }},
    {"PROMETHEUS", [](auto value, auto &into) { return read_file(value, into.prometheus); }},
    {"HOOKS", [](auto value, auto &into) { return read_yes_or_no(value, into.hooks); }},
}};

std::string key_names() {
    std::string names;
    for (const Key &key : keys)
        names += fmt::format("{}{}", names.empty() ? "" : ", ", key.name);
    return names;
}

Result<void> check_bytes(std::string_view value) {
    if (value.find_first_of("\"'") != std::string_view::npos)
        return util::fail("quotes have no meaning here; leave them out");
    if (printable(value) != value)
        return util::fail(fmt::format("\"{}\" is no plain text", printable(value)));
    return {};
}

Result<void> read_line(std::string_view line, std::set<std::string_view> &seen, Settings &into) {
    const auto equals = line.find('=');
    if (equals == std::string_view::npos)
        return util::fail(fmt::format("\"{}\" is not KEY=VALUE", printable(line)));
    const std::string_view name = util::trimmed(line.substr(0, equals));
    const std::string_view value = util::trimmed(line.substr(equals + 1));
    const auto key =
        std::find_if(keys.begin(), keys.end(), [&](const Key &one) { return one.name == name; });
    if (key == keys.end())
        return util::fail(fmt::format("unknown key \"{}\"", printable(name)),
                          fmt::format("The keys are {}; see mdrescue.conf(5).", key_names()));
    if (!seen.insert(key->name).second)
        return util::fail(fmt::format("{} is given a second time", key->name));
    auto result = check_bytes(value).and_then([&] { return key->read(value, into); });
    if (!result)
        return util::with_context(key->name, std::move(result.error()));
    return {};
}

} // namespace

Result<Settings> parse_settings(std::string_view text) {
    Settings settings;
    std::set<std::string_view> seen;
    unsigned number = 0;
    for (const auto raw : util::split(text, '\n')) {
        ++number;
        const std::string_view line = util::trimmed(raw);
        if (line.empty() || line.starts_with('#'))
            continue;
        if (auto read = read_line(line, seen, settings); !read)
            return util::with_context(fmt::format("line {}", number), std::move(read.error()));
    }
    return settings;
}

} // namespace mdrescue::etc
