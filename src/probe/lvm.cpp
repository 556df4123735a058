// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/lvm.h"

#include "probe/lvm_config.h"
#include "util/bytes.h"

#include <algorithm>
#include <fmt/format.h>

namespace mdrescue::probe {
namespace {

using util::fail;
using util::little_endian;
using util::Result;

// lib/format_text/layout.h and lib/label/label.h of LVM2
constexpr std::size_t sector = 512, label_sectors = 4, pv_uuid_size = 32;
constexpr std::string_view label_magic = "LABELONE", label_type = "LVM2 001";
constexpr std::string_view
    area_magic("\x20\x4c\x56\x4d\x32\x20\x78\x5b\x35\x41\x25\x72\x30\x4e\x2a\x3e", 16);
constexpr std::uint64_t most_text = 4U << 20U;
constexpr std::size_t most_areas = 4;

std::uint64_t u64(std::string_view bytes, std::size_t at) {
    return little_endian<std::uint64_t>(bytes, at);
}

/// The list of places at `at` ends with one of offset 0; `at` is moved behind it.
std::vector<ByteRange> place_list(std::string_view label, std::size_t &at) {
    std::vector<ByteRange> places;
    while (at + 16 <= label.size()) {
        const ByteRange place{u64(label, at), u64(label, at + 8)};
        at += 16;
        if (place.offset == 0)
            break;
        places.push_back(place);
    }
    return places;
}

std::uint64_t volume_size(const LvmSection &volume, std::uint64_t extent_bytes) {
    std::uint64_t extents = 0;
    for (const auto &[name, segment] : volume.sections)
        if (name.starts_with("segment"))
            extents += segment.number("extent_count");
    return extents * extent_bytes;
}

Result<std::string> read_text(Collector &collector, const std::string &device,
                              const ByteRange &area) {
    const auto header = collector.device_bytes(device, area.offset, sector);
    if (!header)
        return fail("the LVM metadata area cannot be read");
    MDR_TRY_ASSIGN(const auto ranges, lvm_text_ranges(*header, area));
    std::string text;
    for (const ByteRange &range : ranges) {
        const auto bytes = collector.device_bytes(device, range.offset, range.size);
        if (!bytes)
            return fail("the LVM metadata cannot be read");
        text += *bytes;
    }
    return without_trailing_zeros(std::move(text));
}

} // namespace

Result<std::vector<ByteRange>> lvm_metadata_areas(std::string_view start) {
    for (std::size_t i = 0; i < label_sectors && (i + 1) * sector <= start.size(); ++i) {
        const std::string_view label = start.substr(i * sector, sector);
        if (label.substr(0, label_magic.size()) != label_magic ||
            label.substr(24, label_type.size()) != label_type)
            continue;
        // The PV header: UUID, size of the device, then the data areas, then the metadata areas.
        std::size_t at = little_endian<std::uint32_t>(label, 20) + pv_uuid_size + 8;
        place_list(label, at);
        auto areas = place_list(label, at);
        areas.resize(std::min(areas.size(), most_areas));
        return areas;
    }
    return fail("no LVM label");
}

Result<std::vector<ByteRange>> lvm_text_ranges(std::string_view header, const ByteRange &area) {
    if (header.size() < sector || header.substr(4, area_magic.size()) != area_magic)
        return fail("no LVM metadata area");
    constexpr std::size_t first_text =
        40; // struct raw_locn: offset and size; the first is the one in force
    const std::uint64_t offset = u64(header, first_text);
    const std::uint64_t size = u64(header, first_text + 8);
    if (offset == 0 || size == 0)
        return std::vector<ByteRange>{};
    if (size > most_text || offset < sector || offset >= area.size || size > area.size - sector)
        return fail("LVM metadata outside of its area");
    const std::uint64_t until_end = std::min(size, area.size - offset);
    std::vector<ByteRange> ranges{{area.offset + offset, until_end}};
    if (until_end < size) // the area is a ring behind its header
        ranges.push_back({area.offset + sector, size - until_end});
    return ranges;
}

void collect_lvm(Collector &collector, const std::string &device) {
    const auto start = collector.device_bytes(device, 0, label_sectors * sector);
    if (!start)
        return;
    const auto areas = lvm_metadata_areas(*start);
    if (!areas)
        return collector.problem("lvm/" + device, areas.error().message);
    for (const ByteRange &area : *areas) {
        auto text = read_text(collector, device, area);
        if (!text)
            collector.problem("lvm/" + device, text.error().message);
        else if (!text->empty())
            return collector.keep("lvm/" + device, std::move(*text));
    }
}

Result<LvmText> parse_lvm_text(std::string_view text) {
    MDR_TRY_ASSIGN(const LvmSection root, parse_lvm_config(text));
    if (root.sections.size() != 1)
        return fail("LVM metadata of not exactly one volume group");
    const auto &[name, section] = *root.sections.begin();
    LvmText result;
    result.group.name = name;
    result.group.uuid = section.text("id");
    result.group.metadata_backup = text;
    result.sequence = section.number("seqno");
    if (result.group.uuid.empty())
        return fail("LVM metadata without the volume group's UUID");
    if (const LvmSection *volumes = section.section("physical_volumes"))
        for (const auto &[label, volume] : volumes->sections)
            result.group.physical_volumes.push_back(volume.text("id"));
    const std::uint64_t extent_bytes = section.number("extent_size") * sector;
    if (const LvmSection *volumes = section.section("logical_volumes"))
        for (const auto &[label, volume] : volumes->sections)
            if (volume.lists("status", "VISIBLE"))
                result.group.volumes.push_back(
                    {label, volume.text("id"), volume_size(volume, extent_bytes), {}});
    return result;
}

} // namespace mdrescue::probe
