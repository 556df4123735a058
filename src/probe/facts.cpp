// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/facts.h"

#include "util/text.h"

#include <algorithm>
#include <charconv>

namespace mdrescue::probe {
namespace {

constexpr std::uint64_t file_limit = 4U << 20U;

} // namespace

void Collector::keep(const std::string &name, std::string bytes) {
    facts_[name] = std::move(bytes);
}

void Collector::problem(const std::string &what, const std::string &message) {
    keep("problem/" + what, message);
}

bool Collector::keep_if_readable(const std::string &name, const std::string &path) {
    auto bytes = system_.read_file(path, file_limit);
    if (!bytes)
        return false;
    keep(name, std::move(*bytes));
    return true;
}

bool Collector::keep_file(const std::string &name, const std::string &path) {
    if (!system_.exists(path))
        return false;
    auto bytes = system_.read_file(path, file_limit);
    if (!bytes) {
        problem(name, bytes.error().message);
        return false;
    }
    keep(name, std::move(*bytes));
    return true;
}

std::string Collector::attribute(const std::string &path) {
    const auto bytes = system_.read_file(path, file_limit);
    return bytes ? std::string(util::trimmed(*bytes)) : std::string();
}

std::vector<std::string> Collector::list(const std::string &path) {
    auto names = system_.list(path);
    return names ? std::move(*names) : std::vector<std::string>{};
}

std::optional<std::string> Collector::device_bytes(const std::string &device, std::uint64_t offset,
                                                   std::uint64_t length) {
    auto bytes = system_.read_at(device_node(device), offset, length);
    if (!bytes) {
        problem("read/" + device, bytes.error().message);
        return std::nullopt;
    }
    if (bytes->size() < length)
        return std::nullopt;
    return std::move(*bytes);
}

const std::string *FactReader::find(const std::string &name) {
    const auto found = facts_.find(name);
    if (found == facts_.end())
        return nullptr;
    used_.insert(name);
    return &found->second;
}

std::string FactReader::bytes(const std::string &name) {
    const std::string *found = find(name);
    return found == nullptr ? std::string() : *found;
}

std::string FactReader::text(const std::string &name) {
    const std::string raw = bytes(name);
    constexpr std::string_view blanks("\0 \t\r\n\v\f", 7);
    const auto first = raw.find_first_not_of(blanks);
    if (first == std::string::npos)
        return {};
    return raw.substr(first, raw.find_last_not_of(blanks) - first + 1);
}

std::optional<std::uint64_t> FactReader::number(const std::string &name) {
    return decimal(text(name));
}

std::vector<std::string> FactReader::below(const std::string &prefix) const {
    const std::string start = prefix + "/";
    std::vector<std::string> names;
    for (auto at = facts_.lower_bound(start); at != facts_.end() && at->first.starts_with(start);
         ++at)
        names.push_back(at->first);
    return names;
}

std::vector<std::string> FactReader::children(const std::string &prefix) const {
    std::vector<std::string> names;
    for (const std::string &name : below(prefix)) {
        const std::size_t start = prefix.size() + 1;
        const auto end = name.find('/', start);
        names.push_back(name.substr(start, end == std::string::npos ? end : end - start));
    }
    // "sda/…" and "sda1/…" interleave with "sda-x": equal names need not be neighbours.
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

std::vector<std::string> FactReader::unused() const {
    std::vector<std::string> names;
    for (const auto &[name, bytes] : facts_)
        if (!used_.contains(name))
            names.push_back(name);
    return names;
}

std::string device_node(std::string name) {
    std::replace(name.begin(), name.end(), '!', '/');
    return "/dev/" + name;
}

std::optional<std::uint64_t> decimal(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

std::string without_trailing_zeros(std::string bytes) {
    const auto last = bytes.find_last_not_of('\0');
    bytes.resize(last == std::string::npos ? 0 : last + 1);
    return bytes;
}

std::string fixed_text(std::string_view bytes, std::size_t offset, std::size_t length) {
    if (offset >= bytes.size())
        return {};
    const std::string_view field = bytes.substr(offset, length);
    return std::string(field.substr(0, field.find('\0')));
}

} // namespace mdrescue::probe
