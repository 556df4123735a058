// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/json_reports.h"

#include "probe/facts.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace mdrescue::probe {
namespace {

using nlohmann::json;
using util::fail;
using util::Result;

/// A partition's name is whatever someone wrote there; bytes that are not UTF-8 would make the
/// whole table unreadable.
std::string as_utf8(std::string_view text) {
    std::string clean;
    for (std::size_t at = 0; at < text.size();) {
        std::size_t length = 1;
        while (length < 4 && at + length < text.size() &&
               !util::valid_utf8(text.substr(at, length)))
            ++length;
        if (util::valid_utf8(text.substr(at, length))) {
            clean += text.substr(at, length);
            at += length;
        } else {
            clean += "\xEF\xBF\xBD"; // U+FFFD
            ++at;
        }
    }
    return clean;
}

/// Without exceptions: text that is no JSON gives a `discarded` value.
Result<json> parse(std::string_view text) {
    json value = json::parse(as_utf8(text), nullptr, false);
    if (!value.is_object())
        return fail("no JSON object");
    return value;
}

std::uint64_t number(const json &object, const char *key, std::uint64_t otherwise) {
    const auto found = object.find(key);
    return found != object.end() && found->is_number_unsigned() ? found->get<std::uint64_t>()
                                                                : otherwise;
}

std::string text(const json &object, const char *key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string upper(std::string value) {
    std::transform(value.begin(), value.end(), value.begin(), [](unsigned char c) {
        return static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    });
    return value;
}

/// "/dev/sda2" → 2, "/dev/nvme0n1p2" → 2
std::optional<unsigned> partition_number(const std::string &node, const std::string &device) {
    const auto slash = node.rfind('/');
    std::string_view rest =
        std::string_view(node).substr(slash == std::string::npos ? 0 : slash + 1);
    if (!rest.starts_with(device))
        return std::nullopt;
    rest.remove_prefix(device.size());
    if (rest.starts_with('p'))
        rest.remove_prefix(1);
    const auto value = decimal(rest);
    if (!value || *value == 0 || *value > 0xffff)
        return std::nullopt;
    return static_cast<unsigned>(*value);
}

Result<model::Partition> parse_partition(const json &object, const std::string &device, bool gpt) {
    if (!object.is_object())
        return fail("a partition is no object");
    const auto found = partition_number(text(object, "node"), device);
    if (!found)
        return fail(
            fmt::format("no partition number in \"{}\"", util::printable(text(object, "node"))));
    model::Partition partition;
    partition.number = *found;
    partition.start = number(object, "start", 0);
    partition.size = number(object, "size", 0);
    partition.type = gpt ? upper(text(object, "type")) : text(object, "type");
    partition.uuid = upper(text(object, "uuid"));
    partition.name = text(object, "name");
    partition.attributes = text(object, "attrs");
    partition.bootable = object.value("bootable", json(false)) == json(true);
    if (partition.size == 0 || partition.type.empty())
        return fail(fmt::format("partition {} has no size or no type", partition.number));
    return partition;
}

} // namespace

Result<model::PartitionTable> parse_sfdisk(std::string_view report, const std::string &device) {
    MDR_TRY_ASSIGN(const json document, parse(report));
    const auto found = document.find("partitiontable");
    if (found == document.end() || !found->is_object())
        return fail("no partition table in the report");
    model::PartitionTable table;
    table.label = text(*found, "label");
    const bool gpt = table.label == "gpt";
    if (!gpt && table.label != "dos")
        return fail(fmt::format("a partition table of kind \"{}\" is not supported",
                                util::printable(table.label)));
    table.id = gpt ? upper(text(*found, "id")) : text(*found, "id");
    if (gpt) {
        constexpr std::uint64_t usual_entries =
            128; // sfdisk tells the number only where it is another one
        table.first_usable = number(*found, "firstlba", 0);
        table.last_usable = number(*found, "lastlba", 0);
        const json &length = found->value("table-length", json(usual_entries));
        const auto entries = length.is_string()
                                 ? decimal(length.get<std::string>())
                                 : std::optional(number(json{{"n", length}}, "n", usual_entries));
        table.entry_count =
            static_cast<unsigned>(std::min<std::uint64_t>(entries.value_or(usual_entries), 0xffff));
    }
    const json partitions = found->value("partitions", json::array());
    if (!partitions.is_array())
        return fail("the partitions are no list");
    for (const json &object : partitions) {
        MDR_TRY_ASSIGN(model::Partition partition, parse_partition(object, device, gpt));
        table.partitions.push_back(std::move(partition));
    }
    std::sort(table.partitions.begin(), table.partitions.end(),
              [](const auto &left, const auto &right) { return left.number < right.number; });
    return table;
}

Result<std::string> luks2_segments(std::string_view json_area) {
    MDR_TRY_ASSIGN(const json document, parse(json_area.substr(0, json_area.find('\0'))));
    const auto segments = document.find("segments");
    if (segments == document.end())
        return fail("no segments in the LUKS2 header");
    return segments->dump();
}

Result<std::map<std::string, std::string>> parse_luks2_segments(std::string_view segments) {
    MDR_TRY_ASSIGN(const json document, parse(segments));
    const auto first = document.find("0");
    if (first == document.end() || !first->is_object())
        return fail("no first segment in the LUKS2 header");
    std::map<std::string, std::string> details;
    details["cipher"] = text(*first, "encryption");
    details["offset"] = text(*first, "offset");
    details["sector_size"] = fmt::to_string(number(*first, "sector_size", 512));
    return details;
}

} // namespace mdrescue::probe
