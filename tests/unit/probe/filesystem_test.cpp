// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/filesystem.h"
#include "util/bytes.h"

#include <doctest/doctest.h>
#include <fstream>
#include <iterator>

using namespace mdrescue;
using namespace mdrescue::probe;

namespace {

void set16(std::string &bytes, std::size_t at, std::uint16_t value) {
    util::put_little_endian(bytes, at, value);
}
void set32(std::string &bytes, std::size_t at, std::uint32_t value) {
    util::put_little_endian(bytes, at, value);
}

std::string ext4() {
    std::string block(1024, '\0');
    set32(block, 0x0, 1280);
    set32(block, 0x4, 20480);
    set32(block, 0x8, 1024);
    set32(block, 0x18, 2);
    set16(block, 0x38, 0xef53);
    set16(block, 0x3c, 2);
    set32(block, 0x4c, 1);
    set16(block, 0x58, 256);
    set32(block, 0x5c, 0x4 | 0x8 | 0x10 | 0x20 | 0x80000);
    set32(block, 0x60, 0x2 | 0x4 | 0x40 | 0x80 | 0x200);
    set32(block, 0x64, 0x1 | 0x2 | 0x8 | 0x20 | 0x40 | 0x400);
    set32(block, 0x150, 1);
    block.replace(0x78, 16, "q\"uo$(x)\x1b[31m\xff  ");
    block.replace(0x68, 16, std::string(16, '\x11'));
    block.replace(0xec, 16, std::string(16, '\x22'));
    return block;
}

model::Filesystem described(const std::string &type, const std::string &superblock) {
    model::Filesystem filesystem{type, "", "", {}};
    REQUIRE(describe_filesystem(superblock, filesystem));
    return filesystem;
}

} // namespace

TEST_CASE("ext4: what mke2fs must be told") {
    const auto filesystem = described("ext4", ext4());
    const auto &parameters = filesystem.parameters;
    // needs_recovery (0x4) is no choice; a bit without a name keeps its number.
    CHECK(parameters.at("features") ==
          "has_journal,ext_attr,resize_inode,dir_index,FEATURE_C19,filetype,extent,64bit,flex_bg,"
          "sparse_super,large_file,huge_file,dir_nlink,extra_isize,metadata_csum");
    CHECK(parameters.at("block_size") == "4096");
    CHECK(parameters.at("blocks") == std::to_string((1ULL << 32U) + 20480));
    CHECK(parameters.at("reserved_blocks") == "1024");
    CHECK(parameters.at("inode_size") == "256");
    CHECK(parameters.at("errors") == "remount-ro");
    CHECK(parameters.at("hash_seed") == "22222222-2222-2222-2222-222222222222");
    CHECK(filesystem.uuid == "11111111-1111-1111-1111-111111111111");
    CHECK(filesystem.label == "q\"uo$(x)\x1b[31m\xff  ");
}

TEST_CASE("FAT: the number of clusters tells the kind") {
    std::string block(512, '\0');
    set16(block, 11, 512);
    block[13] = 4;
    set16(block, 14, 4);
    block[16] = 2;
    set16(block, 17, 512);
    set16(block, 19, 40926);
    set16(block, 22, 40);
    set16(block, 510, 0xaa55);
    CHECK(described("vfat", block).parameters.at("fat_bits") == "16");
    set16(block, 19, 4000);
    CHECK(described("vfat", block).parameters.at("fat_bits") == "12");
    set16(block, 19, 0);
    set16(block, 22, 0);
    set32(block, 32, 4000000);
    set32(block, 36, 1000);
    CHECK(described("vfat", block).parameters.at("fat_bits") == "32");
    set32(block, 32, 1); // smaller than its own tables
    static_cast<void>(described("vfat", block));
    block[13] = 0;
    model::Filesystem filesystem{"vfat", "", "", {}};
    CHECK_FALSE(describe_filesystem(block, filesystem));
}

TEST_CASE("swap: what mkswap must be told") {
    std::string block(4096, '\0');
    set32(block, 1024, 1);
    set32(block, 1028, 255); // the last page; the first is the header
    block.replace(1036, 16, std::string(16, '\x11'));
    block.replace(1052, 16, "sw $(x)\xff\0       ", 16);
    block.replace(4086, 10, "SWAPSPACE2");
    const auto swap = described("swap", block);
    CHECK(swap.uuid == "11111111-1111-1111-1111-111111111111");
    CHECK(swap.label == "sw $(x)\xff");
    CHECK(swap.parameters.at("pages") == "256");
    CHECK(swap.parameters.at("page_size") == "4096");
}

TEST_CASE("truncated and foreign superblocks change nothing") {
    const std::string whole = ext4();
    for (const std::string type : {"ext2", "ext3", "ext4", "vfat", "swap", "xfs", "btrfs"}) {
        model::Filesystem filesystem{type, "uuid", "label", {}};
        const model::Filesystem before = filesystem;
        for (std::size_t length = 0; length < 512; ++length)
            CHECK_FALSE(describe_filesystem(whole.substr(0, length), filesystem).has_value());
        CHECK_FALSE(describe_filesystem(std::string(4096, '\0'), filesystem).has_value());
        CHECK_FALSE(describe_filesystem(std::string(4096, '\xff'), filesystem).has_value());
        CHECK(filesystem == before);
        CHECK(superblock_bytes(type).length > 0);
    }
    CHECK(superblock_bytes("ntfs").length == 0);
}

namespace {

std::string data(const std::string &name) {
    std::ifstream file(std::string(MDRESCUE_SOURCE_DIR "/tests/unit/probe/data/") + name,
                       std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace

TEST_CASE("superblocks that mkfs.xfs 6.1 and mkfs.btrfs 6.2 wrote") {
    const auto xfs = described("xfs", data("xfs"));
    CHECK(xfs.label == "xf s");
    CHECK(xfs.uuid == "a24ca964-fe93-4ff5-9892-0dc245177e00");
    CHECK(xfs.parameters.at("blocks") == "102400");
    CHECK(xfs.parameters.at("agcount") == "4");
    CHECK(xfs.parameters.at("agblocks") == "25600");
    CHECK(xfs.parameters.at("log_blocks") == "16384");
    CHECK(xfs.parameters.at("inode_size") == "512");
    CHECK(xfs.parameters.at("sector_size") == "512");
    CHECK(xfs.parameters.at("version") == "5");
    CHECK(xfs.parameters.at("directory_block_size") == "4096");
    const auto btrfs = described("btrfs", data("btrfs"));
    CHECK(btrfs.label == "b t");
    CHECK(btrfs.uuid == "d5bd6ee2-d7ca-449a-b3e2-99c17bec0875");
    CHECK(btrfs.parameters.at("total_bytes") == std::to_string(400U << 20U));
    CHECK(btrfs.parameters.at("devices") == "1");
    CHECK(btrfs.parameters.at("sector_size") == "4096");
    CHECK(btrfs.parameters.at("node_size") == "16384");
}
