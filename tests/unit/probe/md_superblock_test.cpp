// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/md_superblock.h"
#include "util/bytes.h"

#include <doctest/doctest.h>

using namespace mdrescue;
using namespace mdrescue::probe;
using util::put_little_endian;

namespace {

constexpr std::uint64_t all_ones = ~std::uint64_t{0};

void set16(std::string &bytes, std::size_t at, std::uint16_t value) {
    put_little_endian(bytes, at, value);
}
void set32(std::string &bytes, std::size_t at, std::uint32_t value) {
    put_little_endian(bytes, at, value);
}
void set64(std::string &bytes, std::size_t at, std::uint64_t value) {
    put_little_endian(bytes, at, value);
}

/// Checksums computed another way than the parser does: byte by byte.
void seal(std::string &bytes, std::size_t length, std::size_t checksum_at) {
    set32(bytes, checksum_at, 0);
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < length; ++i)
        sum += std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * (i % 4));
    set32(bytes, checksum_at, static_cast<std::uint32_t>(sum + (sum >> 32U)));
}

void seal1(std::string &bytes) {
    seal(bytes, 256 + 2 * util::little_endian<std::uint32_t>(bytes, 220), 216);
}

/// RAID-5 of three in slot 1 of metadata 1.2, one member missing, a spare, 5 roles (an odd number).
std::string version_1(std::uint64_t sector) {
    std::string bytes(md_superblock_size, '\0');
    set32(bytes, 0, 0xa92b4efc);
    set32(bytes, 4, 1);
    set32(bytes, 8, 1 | 8); // bitmap, bad blocks
    for (std::size_t i = 0; i < 16; ++i) {
        bytes[16 + i] = static_cast<char>(0x10 + i);
        bytes[168 + i] = static_cast<char>(0xa0 + i);
    }
    bytes.replace(32, 11, "victim:root");
    set64(bytes, 64, (std::uint64_t{999} << 40U) | 1700000000);
    set32(bytes, 72, 5);
    set32(bytes, 76, 2);
    set64(bytes, 80, 20480);
    set32(bytes, 88, 128);
    set32(bytes, 92, 3);
    set64(bytes, 128, 2048);
    set64(bytes, 136, 20992);
    set64(bytes, 144, sector);
    set32(bytes, 160, 1);
    set16(bytes, 186, 8);
    set32(bytes, 188, 16);
    set64(bytes, 200, 77);
    set64(bytes, 208, all_ones);
    set32(bytes, 220, 5);
    const std::uint16_t roles[] = {0xffff, 1, 0xfffe, 2, 0xffff};
    for (std::size_t i = 0; i < 5; ++i)
        set16(bytes, 256 + 2 * i, roles[i]);
    seal1(bytes);
    return bytes;
}

/// RAID-1 of two in slot 1 of metadata 0.90; slot 0 has failed.
std::string version_0() {
    std::string bytes(md_superblock_size, '\0');
    const auto word = [&](std::size_t number, std::uint32_t value) {
        set32(bytes, number * 4, value);
    };
    word(0, 0xa92b4efc);
    word(2, 90);
    word(5, 0x49f751bd);
    word(13, 0x06d60ad7);
    word(14, 3);
    word(15, 4);
    word(7, 1);
    word(8, 10176);
    word(10, 2);
    word(11, 5);
    word(33, 1U | (1U << 8U));
    word(39, 42);
    word(40, 1);
    word(65, 65536);
    const auto disk = [&](std::size_t at, std::uint32_t slot, std::uint32_t state) {
        word(at + 3, slot);
        word(at + 4, state);
    };
    disk(128, 0, 9);      // faulty, removed
    disk(128 + 32, 1, 6); // active, in sync
    disk(992, 1, 6);
    seal(bytes, md_superblock_size, 38 * 4);
    return bytes;
}

const SuperblockPlace place_12{"1.2", 8};
const SuperblockPlace place_090{"0.90", 20352};

} // namespace

TEST_CASE("where superblocks lie") {
    // 20480 sectors, a multiple of 128: 0.90 in the last 64 KiB, 1.0 8 KiB before the end.
    const auto places = superblock_places(20480);
    CHECK(places ==
          std::vector<SuperblockPlace>{{"0.90", 20352}, {"1.0", 20464}, {"1.1", 0}, {"1.2", 8}});
    CHECK(superblock_places(20487)[0] == SuperblockPlace{"0.90", 20352});
    CHECK(superblock_places(20487)[1] == SuperblockPlace{"1.0", 20464});
    for (const std::uint64_t tiny : {0U, 1U, 2U, 15U, 31U})
        CHECK(superblock_places(tiny).empty());
}

TEST_CASE("metadata 1.2") {
    const auto parsed = parse_superblock(version_1(8), place_12);
    REQUIRE(parsed);
    const model::Array &array = parsed->array;
    CHECK(array.uuid == "10111213:14151617:18191a1b:1c1d1e1f");
    CHECK(array.homehost == "victim");
    CHECK(array.name == "root");
    CHECK(array.level == 5);
    CHECK(array.layout == 2);
    CHECK(array.chunk == 65536);
    CHECK(array.component_size == 20480);
    CHECK(array.slots == 3);
    CHECK(array.bitmap == "internal");
    CHECK_FALSE(array.journal);
    CHECK_FALSE(array.reshaping);
    const model::ArrayMember &member = parsed->member;
    CHECK(member.device_uuid == "a0a1a2a3:a4a5a6a7:a8a9aaab:acadaeaf");
    CHECK(member.slot == 1);
    CHECK(member.array_state == ".AA");
    CHECK(member.events == 77);
    CHECK(member.data_offset == 2048);
    CHECK(member.data_size == 20992);
    CHECK(member.superblock_offset == 8);
    CHECK(member.clean);
    CHECK_FALSE(member.recovery_offset);
    CHECK(parsed->created == 1700000000);
    CHECK(*parsed->bad_block_log == BadBlockLog{24, 8});
}

TEST_CASE("flags of metadata 1.x") {
    std::string bytes = version_1(8);
    set32(bytes, 8, 2 | 4 | 512); // recovery, reshape, journal; no bitmap, no bad blocks
    set64(bytes, 152, 4096);
    set64(bytes, 208, 0);
    set16(bytes, 256, 1); // a second device in slot 1: it replaces the first
    seal1(bytes);
    const auto parsed = parse_superblock(bytes, place_12);
    REQUIRE(parsed);
    CHECK(parsed->array.reshaping);
    CHECK(parsed->array.journal);
    CHECK(parsed->array.bitmap.empty());
    CHECK(parsed->member.recovery_offset == 4096);
    CHECK_FALSE(parsed->member.clean);
    CHECK(parsed->member.array_state == ".RA");
    CHECK_FALSE(parsed->bad_block_log);
}

TEST_CASE("roles of metadata 1.x") {
    for (const auto &[role, slot] : {std::pair{0xffff, -1}, {0xfffe, -2}, {0xfffd, -3}, {2, 2}}) {
        std::string bytes = version_1(8);
        set16(bytes, 258, static_cast<std::uint16_t>(role));
        seal1(bytes);
        CHECK(parse_superblock(bytes, place_12)->member.slot == slot);
    }
    std::string bytes = version_1(8);
    set32(bytes, 160, 4000000000U); // a device number beyond the roles
    seal1(bytes);
    CHECK(parse_superblock(bytes, place_12)->member.slot == -1);
}

TEST_CASE("metadata 0.90") {
    const auto parsed = parse_superblock(version_0(), place_090);
    REQUIRE(parsed);
    CHECK(parsed->array.uuid == "49f751bd:06d60ad7:00000003:00000004");
    CHECK(parsed->array.metadata == "0.90");
    CHECK(parsed->array.preferred_minor == 5);
    CHECK(parsed->array.component_size == 20352);
    CHECK(parsed->array.chunk == 0); // RAID-1 has none, whatever the field says
    CHECK(parsed->array.bitmap == "internal");
    CHECK(parsed->member.events == (std::uint64_t{1} << 32U) + 42);
    CHECK(parsed->member.array_state == ".A");
    CHECK(parsed->member.slot == 1);
    CHECK(parsed->member.data_size == 20352);
    CHECK(parsed->member.clean);
}

TEST_CASE("a superblock that does not lie where it says belongs to another device") {
    CHECK_FALSE(parse_superblock(version_1(16), place_12));
}

TEST_CASE("every single flipped bit is noticed") {
    for (const auto &[bytes, place, length] :
         {std::tuple{version_1(8), place_12, std::size_t{256 + 10}},
          std::tuple{version_0(), place_090, md_superblock_size}})
        for (std::size_t bit = 0; bit < length * 8; ++bit) {
            std::string damaged = bytes;
            const unsigned byte = static_cast<unsigned char>(damaged[bit / 8]);
            damaged[bit / 8] = static_cast<char>(byte ^ (1U << (bit % 8)));
            if (parse_superblock(damaged, place).has_value())
                FAIL_CHECK("bit " << bit << " of " << place.version);
        }
}

TEST_CASE("truncated and hostile bytes are errors, never crashes") {
    for (std::size_t length = 0; length < md_superblock_size; ++length) {
        CHECK_FALSE(parse_superblock(version_1(8).substr(0, length), place_12).has_value());
        CHECK_FALSE(parse_superblock(version_0().substr(0, length), place_090).has_value());
    }
    CHECK_FALSE(parse_superblock(std::string(md_superblock_size, '\xff'), place_12));
    std::string many_roles = version_1(8);
    set32(many_roles, 220, 0x7fffffff);
    CHECK_FALSE(parse_superblock(many_roles, place_12));
    std::string many_slots = version_1(8);
    set32(many_slots, 92, 0x7fffffff);
    seal1(many_slots);
    CHECK_FALSE(parse_superblock(many_slots, place_12));
    std::string many_disks = version_0();
    set32(many_disks, 40, 0x7fffffff);
    seal(many_disks, md_superblock_size, 38 * 4);
    CHECK_FALSE(parse_superblock(many_disks, place_090));
}

TEST_CASE("bad-block log") {
    std::string log(4096, '\xff');
    CHECK_FALSE(has_bad_block(log));
    CHECK_FALSE(has_bad_block(""));
    CHECK_FALSE(has_bad_block(std::string(4096, '\0')));
    set64(log, 0, (4096U << 10U) | 8U);
    CHECK(has_bad_block(log));
    CHECK_FALSE(has_bad_block(log.substr(0, 7)));
}
