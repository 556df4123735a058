// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/luks.h"

#include "probe/json_reports.h"
#include "util/bytes.h"

#include <algorithm>
#include <fmt/format.h>

namespace mdrescue::probe {
namespace {

using util::big_endian;
using util::fail;
using util::Result;

constexpr std::string_view magic("LUKS\xba\xbe", 6);

// LUKS1 On-Disk Format Specification, 2.1; LUKS2 On-Disk Format Specification, 2.1. Both have the
// UUID at 168.
constexpr std::size_t header_size = 256, version_at = 6, uuid_at = 168, uuid_size = 40;
constexpr std::size_t luks1_digest_at = 112, luks1_key_slots_at = 208;
constexpr std::size_t luks2_label_at = 24, luks2_salt_at = 104, luks2_subsystem_at = 208,
                      luks2_json_at = 4096;
constexpr std::uint64_t most_json = 4U << 20U;

Result<unsigned> version_of(std::string_view header) {
    if (header.size() < header_size || header.substr(0, magic.size()) != magic)
        return fail("no LUKS header");
    const unsigned version = big_endian<std::uint16_t>(header, version_at);
    if (version != 1 && version != 2)
        return fail(fmt::format("LUKS version {} is not known", version));
    return version;
}

} // namespace

Result<std::string> header_without_secrets(std::string header) {
    MDR_TRY_ASSIGN(const unsigned version, version_of(header));
    header.resize(header_size);
    const auto blank = [&](std::size_t from, std::size_t to) {
        std::fill(header.begin() + static_cast<std::ptrdiff_t>(from),
                  header.begin() + static_cast<std::ptrdiff_t>(to), '\0');
    };
    blank(version == 1 ? luks1_digest_at : luks2_salt_at, uuid_at);
    if (version == 1)
        blank(luks1_key_slots_at, header_size);
    return header;
}

void collect_luks(Collector &collector, const std::string &device) {
    const auto bytes = collector.device_bytes(device, 0, luks2_json_at);
    if (!bytes)
        return;
    auto header = header_without_secrets(*bytes);
    if (!header)
        return collector.problem("luks/" + device, header.error().message);
    const std::uint64_t size = big_endian<std::uint64_t>(*bytes, 8);
    const bool luks2 = big_endian<std::uint16_t>(*bytes, version_at) == 2;
    collector.keep(fmt::format("luks/{}/header", device), std::move(*header));
    if (!luks2 || size <= luks2_json_at || size > most_json)
        return;
    const auto area = collector.device_bytes(device, luks2_json_at, size - luks2_json_at);
    if (!area)
        return;
    auto segments = luks2_segments(*area);
    if (!segments)
        return collector.problem("luks/" + device, segments.error().message);
    collector.keep(fmt::format("luks/{}/segments", device), std::move(*segments));
}

Result<void> read_luks(FactReader &facts, const std::string &device, model::Content &content) {
    const std::string *segments = facts.find(fmt::format("luks/{}/segments", device));
    const std::string header = facts.bytes(fmt::format("luks/{}/header", device));
    MDR_TRY_ASSIGN(const unsigned version, version_of(header));
    content.uuid = fixed_text(header, uuid_at, uuid_size);
    auto &details = content.details;
    if (version == 1) {
        details["cipher"] =
            fmt::format("{}-{}", fixed_text(header, 8, 32), fixed_text(header, 40, 32));
        details["hash"] = fixed_text(header, 72, 32);
        details["offset"] =
            fmt::to_string(std::uint64_t{big_endian<std::uint32_t>(header, 104)} * 512);
        details["key_bytes"] = fmt::to_string(big_endian<std::uint32_t>(header, 108));
    } else {
        details["label"] = fixed_text(header, luks2_label_at, 48);
        details["subsystem"] = fixed_text(header, luks2_subsystem_at, 48);
        if (segments != nullptr) {
            MDR_TRY_ASSIGN(auto first, parse_luks2_segments(*segments));
            details.merge(first);
        }
    }
    details["version"] = fmt::to_string(version);
    return {};
}

} // namespace mdrescue::probe
