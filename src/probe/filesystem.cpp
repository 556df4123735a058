// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/filesystem.h"

#include "util/bytes.h"
#include "util/text.h"

#include <array>
#include <fmt/format.h>
#include <utility>

namespace mdrescue::probe {
namespace {

using util::big_endian;
using util::fail;
using util::little_endian;
using util::Result;

std::uint16_t u16(std::string_view bytes, std::size_t at) {
    return little_endian<std::uint16_t>(bytes, at);
}
std::uint32_t u32(std::string_view bytes, std::size_t at) {
    return little_endian<std::uint32_t>(bytes, at);
}
std::uint64_t u64(std::string_view bytes, std::size_t at) {
    return little_endian<std::uint64_t>(bytes, at);
}
unsigned u8(std::string_view bytes, std::size_t at) {
    return static_cast<unsigned char>(bytes[at]);
}

template <class Number> void set(model::Filesystem &filesystem, const char *key, Number value) {
    filesystem.parameters[key] = fmt::to_string(value);
}

// --- ext2/3/4: struct ext4_super_block (Documentation/filesystems/ext4/super.rst) ---

using FeatureName = std::pair<std::uint32_t, std::string_view>;

/// Names as in mke2fs(8) and ext4(5). needs_recovery and orphan_present are states, no choices:
/// left out.
constexpr std::array<FeatureName, 12> compat_names{{{0x1, "dir_prealloc"},
                                                    {0x2, "imagic_inodes"},
                                                    {0x4, "has_journal"},
                                                    {0x8, "ext_attr"},
                                                    {0x10, "resize_inode"},
                                                    {0x20, "dir_index"},
                                                    {0x40, "lazy_bg"},
                                                    {0x80, "snapshot_bitmap"},
                                                    {0x200, "sparse_super2"},
                                                    {0x400, "fast_commit"},
                                                    {0x800, "stable_inodes"},
                                                    {0x1000, "orphan_file"}}};
constexpr std::array<FeatureName, 17> incompat_names{{{0x1, "compression"},
                                                      {0x2, "filetype"},
                                                      {0x4, ""}, // needs_recovery
                                                      {0x8, "journal_dev"},
                                                      {0x10, "meta_bg"},
                                                      {0x40, "extent"},
                                                      {0x80, "64bit"},
                                                      {0x100, "mmp"},
                                                      {0x200, "flex_bg"},
                                                      {0x400, "ea_inode"},
                                                      {0x1000, "dirdata"},
                                                      {0x2000, "metadata_csum_seed"},
                                                      {0x4000, "large_dir"},
                                                      {0x8000, "inline_data"},
                                                      {0x10000, "encrypt"},
                                                      {0x20000, "casefold"},
                                                      {0, ""}}};
constexpr std::array<FeatureName, 16> ro_compat_names{{{0x1, "sparse_super"},
                                                       {0x2, "large_file"},
                                                       {0x8, "huge_file"},
                                                       {0x10, "uninit_bg"},
                                                       {0x20, "dir_nlink"},
                                                       {0x40, "extra_isize"},
                                                       {0x80, "snapshot"},
                                                       {0x100, "quota"},
                                                       {0x200, "bigalloc"},
                                                       {0x400, "metadata_csum"},
                                                       {0x800, "replica"},
                                                       {0x1000, "read-only"},
                                                       {0x2000, "project"},
                                                       {0x4000, "shared_blocks"},
                                                       {0x8000, "verity"},
                                                       {0x10000, ""}}}; // orphan_present

/// A bit without a name is written the way e2fsprogs does: "FEATURE_C11".
template <std::size_t size>
void add_features(std::string &list, std::uint32_t mask, char letter,
                  const std::array<FeatureName, size> &names) {
    for (unsigned bit = 0; bit < 32; ++bit) {
        if ((mask & (1U << bit)) == 0)
            continue;
        std::string name = fmt::format("FEATURE_{}{}", letter, bit);
        for (const auto &[value, known] : names)
            if (value == 1U << bit)
                name = known;
        if (!name.empty())
            list += (list.empty() ? "" : ",") + name;
    }
}

std::string ext_features(std::string_view block) {
    std::string list;
    add_features(list, u32(block, 0x5c), 'C', compat_names);
    add_features(list, u32(block, 0x60), 'I', incompat_names);
    add_features(list, u32(block, 0x64), 'R', ro_compat_names);
    return list;
}

std::string_view error_behaviour(unsigned value) {
    constexpr std::array<std::string_view, 4> names{"", "continue", "remount-ro", "panic"};
    return value < names.size() ? names[value] : "";
}

std::uint64_t ext_block_count(std::string_view block, std::size_t low, std::size_t high) {
    constexpr std::uint32_t has_64bit = 0x80;
    const std::uint64_t upper = (u32(block, 0x60) & has_64bit) != 0 ? u32(block, high) : 0;
    return (upper << 32U) | u32(block, low);
}

Result<void> describe_ext(std::string_view block, model::Filesystem &filesystem) {
    constexpr std::uint16_t magic = 0xef53;
    if (block.size() < 1024 || u16(block, 0x38) != magic)
        return fail("no ext2/3/4 superblock");
    const std::uint32_t log_block_size = u32(block, 0x18);
    if (log_block_size > 6)
        return fail("ext2/3/4 superblock with an impossible block size");
    set(filesystem, "block_size", 1024U << log_block_size);
    set(filesystem, "blocks", ext_block_count(block, 0x4, 0x150));
    set(filesystem, "reserved_blocks", ext_block_count(block, 0x8, 0x154));
    set(filesystem, "inodes", u32(block, 0x0));
    const std::uint32_t revision = u32(block, 0x4c);
    set(filesystem, "revision", revision);
    set(filesystem, "inode_size", revision == 0 ? 128 : u16(block, 0x58));
    set(filesystem, "max_mount_count", static_cast<std::int16_t>(u16(block, 0x36)));
    set(filesystem, "check_interval", u32(block, 0x44));
    set(filesystem, "errors", error_behaviour(u16(block, 0x3c)));
    set(filesystem, "features", ext_features(block));
    set(filesystem, "hash_seed", util::uuid_text(block.substr(0xec, 16)));
    set(filesystem, "hash_version", u8(block, 0xfc));
    set(filesystem, "default_mount_options", u32(block, 0x100));
    set(filesystem, "raid_stride", u16(block, 0x164));
    set(filesystem, "raid_stripe_width", u32(block, 0x170));
    set(filesystem, "flex_bg_size", u8(block, 0x174) < 32 ? 1U << u8(block, 0x174) : 0U);
    // The last two words of the journal inode's backup are its size (s_jnl_blocks).
    if (u8(block, 0xfd) == 1)
        set(filesystem, "journal_size",
            (std::uint64_t{u32(block, 0x10c + 15 * 4)} << 32U) | u32(block, 0x10c + 16 * 4));
    filesystem.uuid = util::uuid_text(block.substr(0x68, 16));
    filesystem.label = fixed_text(block, 0x78, 16);
    return {};
}

// --- FAT: the BIOS parameter block (Microsoft, FAT32 File System Specification, 1.03) ---

Result<void> describe_vfat(std::string_view block, model::Filesystem &filesystem) {
    if (block.size() < 512 || u8(block, 510) != 0x55 || u8(block, 511) != 0xaa)
        return fail("no FAT boot sector");
    const std::uint32_t sector = u16(block, 11);
    const std::uint32_t per_cluster = u8(block, 13);
    const std::uint32_t root_entries = u16(block, 17);
    const std::uint32_t sectors = u16(block, 19) != 0 ? u16(block, 19) : u32(block, 32);
    const std::uint32_t fat_sectors = u16(block, 22) != 0 ? u16(block, 22) : u32(block, 36);
    if (sector < 512 || per_cluster == 0)
        return fail("FAT boot sector with impossible sizes");
    const std::uint64_t overhead = u16(block, 14) + std::uint64_t{u8(block, 16)} * fat_sectors +
                                   (root_entries * 32 + sector - 1) / sector;
    const std::uint64_t clusters = sectors > overhead ? (sectors - overhead) / per_cluster : 0;
    // The number of clusters alone decides, and FAT32 has no 16-bit size of the FAT.
    set(filesystem, "fat_bits", u16(block, 22) == 0 ? 32 : clusters < 4085 ? 12 : 16);
    set(filesystem, "sector_size", sector);
    set(filesystem, "sectors_per_cluster", per_cluster);
    set(filesystem, "reserved_sectors", u16(block, 14));
    set(filesystem, "fats", u8(block, 16));
    set(filesystem, "root_entries", root_entries);
    set(filesystem, "sectors", sectors);
    set(filesystem, "media", u8(block, 21));
    set(filesystem, "hidden_sectors", u32(block, 28));
    return {};
}

// --- swap: union swap_header (include/linux/swap.h) ---

Result<void> describe_swap(std::string_view block, model::Filesystem &filesystem) {
    constexpr std::size_t page =
        4096; // the page size of all machines we boot on; the signature ends the page
    if (block.size() < page || block.substr(page - 10, 10) != "SWAPSPACE2")
        return fail("no swap header of 4 KiB pages");
    set(filesystem, "page_size", page);
    set(filesystem, "pages", std::uint64_t{u32(block, 1028)} + 1);
    filesystem.uuid = util::uuid_text(block.substr(1036, 16));
    filesystem.label = fixed_text(block, 1052, 16);
    return {};
}

// --- XFS: struct xfs_dsb, big-endian (fs/xfs/libxfs/xfs_format.h) ---

Result<void> describe_xfs(std::string_view block, model::Filesystem &filesystem) {
    const auto be16 = [&](std::size_t at) { return big_endian<std::uint16_t>(block, at); };
    const auto be32 = [&](std::size_t at) { return big_endian<std::uint32_t>(block, at); };
    if (block.size() < 512 || block.substr(0, 4) != "XFSB")
        return fail("no XFS superblock");
    set(filesystem, "block_size", be32(4));
    set(filesystem, "blocks", big_endian<std::uint64_t>(block, 8));
    set(filesystem, "agblocks", be32(84));
    set(filesystem, "agcount", be32(88));
    set(filesystem, "log_blocks", be32(96));
    set(filesystem, "version", be16(100) & 0xfU);
    set(filesystem, "version_features", be16(100) & 0xfff0U);
    set(filesystem, "sector_size", be16(102));
    set(filesystem, "inode_size", be16(104));
    set(filesystem, "stripe_unit", be32(184));
    set(filesystem, "stripe_width", be32(188));
    if (u8(block, 192) < 16)
        set(filesystem, "directory_block_size", std::uint64_t{be32(4)} << u8(block, 192));
    set(filesystem, "features2", be32(200));
    set(filesystem, "features_ro_compat", be32(212));
    set(filesystem, "features_incompat", be32(216));
    if (big_endian<std::uint64_t>(block, 48) == 0)
        set(filesystem, "external_log", 1);
    if (const auto blocks = big_endian<std::uint64_t>(block, 16); blocks != 0)
        set(filesystem, "realtime_blocks", blocks);
    filesystem.uuid = util::uuid_text(block.substr(32, 16));
    filesystem.label = fixed_text(block, 108, 12);
    return {};
}

// --- Btrfs: struct btrfs_super_block (include/uapi/linux/btrfs_tree.h) ---

Result<void> describe_btrfs(std::string_view block, model::Filesystem &filesystem) {
    if (block.size() < 1024 || block.substr(64, 8) != "_BHRfS_M")
        return fail("no Btrfs superblock");
    set(filesystem, "total_bytes", u64(block, 112));
    set(filesystem, "devices", u64(block, 136));
    set(filesystem, "sector_size", u32(block, 144));
    set(filesystem, "node_size", u32(block, 148));
    set(filesystem, "incompat_flags", u64(block, 188));
    set(filesystem, "checksum_type", u16(block, 196));
    filesystem.uuid = util::uuid_text(block.substr(32, 16));
    filesystem.label = fixed_text(block, 299, 256);
    return {};
}

struct Reader {
    std::string_view type;
    SuperblockBytes bytes;
    Result<void> (*describe)(std::string_view, model::Filesystem &);
};

constexpr std::array<Reader, 7> readers{{{"ext2", {1024, 1024}, describe_ext},
                                         {"ext3", {1024, 1024}, describe_ext},
                                         {"ext4", {1024, 1024}, describe_ext},
                                         {"vfat", {0, 512}, describe_vfat},
                                         {"swap", {0, 4096}, describe_swap},
                                         {"xfs", {0, 512}, describe_xfs},
                                         {"btrfs", {65536, 1024}, describe_btrfs}}};

const Reader *reader_of(std::string_view type) {
    for (const Reader &reader : readers)
        if (reader.type == type)
            return &reader;
    return nullptr;
}

} // namespace

SuperblockBytes superblock_bytes(const std::string &type) {
    const Reader *reader = reader_of(type);
    return reader == nullptr ? SuperblockBytes{} : reader->bytes;
}

Result<void> describe_filesystem(std::string_view superblock, model::Filesystem &filesystem) {
    const Reader *reader = reader_of(filesystem.type);
    return reader == nullptr ? fail("no reader for this type")
                             : reader->describe(superblock, filesystem);
}

} // namespace mdrescue::probe
