// SPDX-License-Identifier: GPL-3.0-or-later
// Layout and numbers: Microsoft "FAT: General Overview of On-Disk Format" 1.03 (fatgen103).
#include "media/fat_image.h"

#include "util/bytes.h"
#include "util/text.h"

#include <algorithm>
#include <ctime>
#include <fmt/format.h>
#include <map>
#include <memory>

namespace mdrescue::media {
namespace {

using util::put_little_endian;

constexpr std::size_t sector = 512;
constexpr std::size_t cluster = 4 * sector;
constexpr std::size_t entry_size = 32;
constexpr std::size_t root_entries = 512;
/// Fewer clusters than this make a FAT12, by definition; any other count up to 65524 a FAT16.
constexpr std::size_t fat12_below = 4085;
constexpr unsigned char attribute_volume = 0x08, attribute_directory = 0x10, attribute_file = 0x20;

struct Directory;

struct Entry {
    std::string_view bytes;               ///< of a file
    std::unique_ptr<Directory> directory; ///< or of a directory
    std::size_t first_cluster = 0;
};

struct Directory {
    std::map<std::string, Entry> entries; ///< by the 11 bytes of their names
};

struct Stamp {
    std::uint16_t date = 0, time = 0;
};

Stamp stamp_of(std::int64_t epoch) {
    // FAT knows the years 1980 to 2107.
    const std::time_t seconds = std::clamp<std::int64_t>(epoch, 315532800, 4354819199);
    std::tm broken{};
    gmtime_r(&seconds, &broken);
    return {
        static_cast<std::uint16_t>((broken.tm_year - 80) << 9 | (broken.tm_mon + 1) << 5 |
                                   broken.tm_mday),
        static_cast<std::uint16_t>(broken.tm_hour << 11 | broken.tm_min << 5 | broken.tm_sec / 2)};
}

bool fat_character(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'()-@^_`{}~").find(c) != std::string_view::npos;
}

util::Result<std::string> short_name(std::string_view name) {
    const auto dot = name.rfind('.');
    const std::string_view base = name.substr(0, dot);
    const std::string_view extension = dot == std::string_view::npos ? "" : name.substr(dot + 1);
    std::string packed = fmt::format("{:<8}{:<3}", base, extension);
    for (char &c : packed)
        c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    const auto fits = [&](std::size_t from, std::size_t length) {
        return std::all_of(packed.begin() + static_cast<std::ptrdiff_t>(from),
                           packed.begin() + static_cast<std::ptrdiff_t>(from + length),
                           fat_character);
    };
    if (base.empty() || base.size() > 8 || extension.size() > 3 || !fits(0, base.size()) ||
        !fits(8, extension.size()))
        return util::fail(
            fmt::format("\"{}\" is no 8.3 name for a FAT filesystem", util::printable(name)));
    return packed;
}

util::Result<void> add_file(Directory &root, const FatFile &file) {
    Directory *directory = &root;
    auto parts = util::split(file.path, '/');
    const std::string_view last = parts.back();
    parts.pop_back();
    for (const std::string_view part : parts) {
        MDR_TRY_ASSIGN(const std::string name, short_name(part));
        Entry &entry = directory->entries[name];
        if (!entry.bytes.empty())
            return util::fail(
                fmt::format("{} is both a file and a directory", util::printable(part)));
        if (!entry.directory)
            entry.directory = std::make_unique<Directory>();
        directory = entry.directory.get();
    }
    MDR_TRY_ASSIGN(const std::string name, short_name(last));
    if (!directory->entries.try_emplace(name, Entry{file.bytes, nullptr, 0}).second)
        return util::fail(
            fmt::format("two files {} in one FAT filesystem", util::printable(file.path)));
    return {};
}

std::size_t clusters_for(std::size_t bytes) { return (bytes + cluster - 1) / cluster; }

/// A directory below the root holds "." and ".." too.
std::size_t directory_bytes(const Directory &directory) {
    return (directory.entries.size() + 2) * entry_size;
}

/// Gives every file and directory its clusters, one after the other; returns the next free one.
std::size_t place(Directory &directory, std::size_t next,
                  std::vector<std::pair<std::size_t, std::size_t>> &chains) {
    for (auto &[name, entry] : directory.entries) {
        const std::size_t count =
            clusters_for(entry.directory ? directory_bytes(*entry.directory) : entry.bytes.size());
        if (count == 0)
            continue; // an empty file has no cluster: fatgen103, "DIR_FstClusLO"
        entry.first_cluster = next;
        chains.emplace_back(next, count);
        next += count;
        if (entry.directory)
            next = place(*entry.directory, next, chains);
    }
    return next;
}

class FatBuilder {
  public:
    FatBuilder(const FatRequest &request, Directory &root)
        : request_(request), stamp_(stamp_of(request.epoch)) {
        const std::size_t end = place(root, 2, chains_);
        clusters_ = std::max<std::size_t>(end - 2, 1);
        fat16_ = clusters_ >= fat12_below;
        const std::size_t fat_bytes = fat16_ ? (clusters_ + 2) * 2 : ((clusters_ + 2) * 3 + 1) / 2;
        fat_sectors_ = (fat_bytes + sector - 1) / sector;
        data_ = (1 + 2 * fat_sectors_) * sector + root_entries * entry_size;
        // Whole 2 KiB blocks, as the medium has them.
        size_ = (data_ + clusters_ * cluster + 2047) / 2048 * 2048;
    }

    [[nodiscard]] std::size_t size() const { return size_; }

    [[nodiscard]] std::string build(const Directory &root) {
        image_.assign(size_, '\0');
        write_boot_sector();
        write_chains();
        std::size_t at = data_ - root_entries * entry_size;
        write_entry(at, fmt::format("{:<11}", request_.label), attribute_volume, 0, 0);
        at += entry_size;
        write_directory(root, at, 0);
        return std::move(image_);
    }

  private:
    void write_boot_sector() {
        image_.replace(0, 11, "\xeb\x3c\x90MDRESCUE", 11);
        put_little_endian<std::uint16_t>(image_, 11, sector);
        image_[13] = static_cast<char>(cluster / sector);
        put_little_endian<std::uint16_t>(image_, 14, 1); // reserved sectors
        image_[16] = 2;                                  // FATs
        put_little_endian<std::uint16_t>(image_, 17, root_entries);
        const std::size_t sectors = size_ / sector;
        if (sectors < 0x10000)
            put_little_endian<std::uint16_t>(image_, 19, static_cast<std::uint16_t>(sectors));
        else
            put_little_endian<std::uint32_t>(image_, 32, static_cast<std::uint32_t>(sectors));
        image_[21] = static_cast<char>(0xf8); // fixed disk
        put_little_endian<std::uint16_t>(image_, 22, static_cast<std::uint16_t>(fat_sectors_));
        put_little_endian<std::uint16_t>(image_, 24,
                                         32); // sectors per track and heads: any will do
        put_little_endian<std::uint16_t>(image_, 26, 16);
        image_[36] = static_cast<char>(0x80);
        image_[38] = 0x29; // the next three fields are there
        put_little_endian<std::uint32_t>(image_, 39, request_.volume_id);
        image_.replace(43, 11, fmt::format("{:<11}", request_.label));
        image_.replace(54, 8, fat16_ ? "FAT16   " : "FAT12   ");
        put_little_endian<std::uint16_t>(image_, 510, 0xaa55);
    }

    void put_fat(std::size_t number, std::size_t value) {
        for (std::size_t copy = 0; copy < 2; ++copy) {
            const std::size_t base = (1 + copy * fat_sectors_) * sector;
            if (fat16_) {
                put_little_endian<std::uint16_t>(image_, base + 2 * number,
                                                 static_cast<std::uint16_t>(value));
                continue;
            }
            // Twelve bits each: an odd entry starts in the upper half of a byte.
            const std::size_t at = base + number * 3 / 2;
            const auto old = util::little_endian<std::uint16_t>(image_, at);
            const std::size_t mixed = number % 2 == 0 ? (old & 0xf000U) | (value & 0xfffU)
                                                      : (old & 0x000fU) | (value & 0xfffU) << 4U;
            put_little_endian<std::uint16_t>(image_, at, static_cast<std::uint16_t>(mixed));
        }
    }

    void write_chains() {
        put_fat(0, 0xfff8);
        put_fat(1, 0xffff);
        for (const auto &[first, count] : chains_)
            for (std::size_t i = 0; i < count; ++i)
                put_fat(first + i, i + 1 == count ? 0xffff : first + i + 1);
    }

    void write_entry(std::size_t at, std::string_view name, unsigned char attribute,
                     std::size_t first, std::size_t size) {
        image_.replace(at, 11, name);
        image_[at + 11] = static_cast<char>(attribute);
        put_little_endian(image_, at + 14, stamp_.time);
        put_little_endian(image_, at + 16, stamp_.date);
        put_little_endian(image_, at + 18, stamp_.date);
        put_little_endian(image_, at + 22, stamp_.time);
        put_little_endian(image_, at + 24, stamp_.date);
        put_little_endian(image_, at + 26, static_cast<std::uint16_t>(first));
        put_little_endian(image_, at + 28, static_cast<std::uint32_t>(size));
    }

    void write_directory(const Directory &directory, std::size_t at, std::size_t own_cluster) {
        for (const auto &[name, entry] : directory.entries) {
            const std::size_t place = data_ + (entry.first_cluster - 2) * cluster;
            if (entry.directory) {
                write_entry(at, name, attribute_directory, entry.first_cluster, 0);
                write_entry(place, ".          ", attribute_directory, entry.first_cluster, 0);
                // The root is cluster 0 here: fatgen103, "Directory creation".
                write_entry(place + entry_size, "..         ", attribute_directory, own_cluster, 0);
                write_directory(*entry.directory, place + 2 * entry_size, entry.first_cluster);
            } else {
                write_entry(at, name, attribute_file, entry.first_cluster, entry.bytes.size());
                if (!entry.bytes.empty())
                    image_.replace(place, entry.bytes.size(), entry.bytes);
            }
            at += entry_size;
        }
    }

    const FatRequest &request_;
    Stamp stamp_;
    std::vector<std::pair<std::size_t, std::size_t>> chains_; ///< first cluster and count
    std::size_t clusters_ = 0, fat_sectors_ = 0, data_ = 0, size_ = 0;
    bool fat16_ = false;
    std::string image_;
};

} // namespace

bool is_short_path(const std::string &path) {
    const auto parts = util::split(path, '/');
    return std::all_of(parts.begin(), parts.end(),
                       [](std::string_view part) { return short_name(part).has_value(); });
}

util::Result<std::string> make_fat_image(const FatRequest &request) {
    if (request.label.size() > 11)
        return util::fail(
            fmt::format("FAT label \"{}\" is longer than 11 characters", request.label));
    Directory root;
    for (const FatFile &file : request.files)
        MDR_TRY(add_file(root, file));
    if (root.entries.size() + 1 > root_entries)
        return util::fail("too many files at the root of a FAT filesystem");
    FatBuilder builder(request, root);
    if (builder.size() > fat_image_limit)
        return util::fail(fmt::format(
            "the EFI boot image would have {} bytes, but firmware loads at most {} from a CD",
            builder.size(), fat_image_limit));
    return builder.build(root);
}

} // namespace mdrescue::media
