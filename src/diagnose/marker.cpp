// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnose/marker.h"

#include "util/digest.h"

#include <algorithm>
#include <fmt/format.h>
#include <vector>

namespace mdrescue::diagnose {
namespace {

/// Bytes from `begin` up to `end`.
struct Range {
    std::uint64_t begin = 0, end = 0;
};

/// GRUB's core image and its Reed-Solomon codes never reach further, since they are loaded below
/// this address (grub, util/setup.c: maxsec).
constexpr std::uint64_t grub_limit = 0x78000;
constexpr std::uint64_t gpt_entry_size = 128; // UEFI specification, 5.3.3
constexpr std::string_view marker_start = "mdrescue start marker 1: image ";

std::uint64_t aligned_down(std::uint64_t offset) { return offset / marker_size * marker_size; }
std::uint64_t aligned_up(std::uint64_t offset) { return aligned_down(offset + marker_size - 1); }

/// How far boot code behind the first sector may reach after the boot loader was installed again:
/// what is recorded of it may be core image alone, and redundancy doubles that. What is larger than
/// GRUB can be is something else, and may be anywhere in its area.
std::uint64_t end_of_boot_code(const model::BootArea &area, std::uint64_t first_partition) {
    const std::uint64_t length = area.bytes.size();
    const std::uint64_t room = first_partition - area.offset;
    return area.offset + (length > grub_limit ? room : std::min({2 * length, grub_limit, room}));
}

/// First byte behind the primary partition table and the boot code in the gap.
std::uint64_t end_of_start(const model::Disk &recorded, std::uint64_t first_partition) {
    const model::PartitionTable &table = *recorded.table;
    const std::uint64_t entries = table.entry_count * gpt_entry_size;
    std::uint64_t end = recorded.logical_sector;
    if (table.label == "gpt") // protective MBR, header, entries
        end = std::max(table.first_usable * recorded.logical_sector,
                       std::uint64_t{2} * recorded.logical_sector + entries);
    for (const model::BootArea &area : recorded.boot_areas)
        if (area.offset < first_partition)
            end = std::max(end, end_of_boot_code(area, first_partition));
    return end;
}

/// First byte of GPT's backup entries on a disk of that size: they and the header end it.
std::uint64_t start_of_end(const model::Disk &recorded, std::uint64_t size) {
    if (recorded.table->label != "gpt")
        return size;
    const std::uint64_t sector = recorded.logical_sector;
    const std::uint64_t entries = recorded.table->entry_count * gpt_entry_size;
    const std::uint64_t backup = ((entries + sector - 1) / sector + 1) * sector;
    const std::uint64_t whole = size / sector * sector;
    return whole > backup ? whole - backup : 0;
}

/// Partitions by their place. An extended one covers the logical ones and the sectors between them,
/// which hold their tables. None when not all is on a disk of that size.
std::optional<std::vector<Range>> partitions(const model::Disk &recorded, std::uint64_t size) {
    std::vector<Range> ranges;
    const std::uint64_t sectors = size / recorded.logical_sector;
    if (recorded.table->first_usable > sectors)
        return std::nullopt;
    for (const model::Partition &partition : recorded.table->partitions) {
        if (partition.start > sectors || partition.size > sectors - partition.start)
            return std::nullopt;
        ranges.push_back({partition.start * recorded.logical_sector,
                          (partition.start + partition.size) * recorded.logical_sector});
    }
    std::sort(ranges.begin(), ranges.end(),
              [](const Range &left, const Range &right) { return left.begin < right.begin; });
    return ranges;
}

/// Free space in the order it is taken: behind the last partition, before the first one, between
/// two.
std::vector<Range> free_ranges(const model::Disk &recorded, std::uint64_t size,
                               const std::vector<Range> &used) {
    const std::uint64_t first = used.empty() ? size : used.front().begin;
    const Range gap{end_of_start(recorded, first), first};
    std::vector<Range> between;
    std::uint64_t end = gap.begin;
    for (const Range &partition : used) {
        if (partition.begin > end && partition.begin != first)
            between.push_back({end, partition.begin});
        end = std::max(end, partition.end);
    }
    std::vector<Range> free{{end, start_of_end(recorded, size)}};
    if (!used.empty())
        free.push_back(gap);
    free.insert(free.end(), between.begin(), between.end());
    return free;
}

} // namespace

std::optional<std::uint64_t> marker_offset(const model::Disk &recorded, std::uint64_t size) {
    if (!recorded.table || recorded.logical_sector == 0)
        return std::nullopt;
    const auto used = partitions(recorded, size);
    if (!used)
        return std::nullopt;
    const auto free = free_ranges(recorded, size, *used);
    for (std::size_t i = 0; i < free.size(); ++i) {
        const std::uint64_t lowest = aligned_up(free[i].begin);
        if (free[i].end < marker_size || aligned_down(free[i].end) < lowest + marker_size)
            continue;
        // Behind the last partition as near to it as can be: a disk's end is where RAID controllers
        // and old md superblocks write. Elsewhere as far from the boot code as can be.
        return i == 0 ? lowest : aligned_down(free[i].end) - marker_size;
    }
    return std::nullopt;
}

std::string marker_bytes(const model::Profile &profile, const std::string &disk) {
    std::string bytes = fmt::format("{}{}, {}\n", marker_start, profile.image_id, disk);
    bytes += util::sha256(bytes) + "\n";
    bytes.resize(marker_size);
    return bytes;
}

std::string marker_text(std::string_view bytes) {
    const auto text = bytes.substr(0, bytes.find_last_not_of('\0') + 1);
    const auto line_end = text.find('\n');
    if (!text.starts_with(marker_start) || line_end == std::string_view::npos)
        return {};
    const std::string line(text.substr(0, line_end + 1));
    return text == line + util::sha256(line) + "\n" ? std::string(text) : std::string();
}

std::string marked_disk(const model::Profile &profile, std::string_view bytes) {
    const std::string text = marker_text(bytes);
    if (text.empty())
        return {};
    for (const model::Disk &disk : profile.machine.disks)
        if (marker_text(marker_bytes(profile, disk.id)) == text)
            return disk.id;
    return {};
}

} // namespace mdrescue::diagnose
