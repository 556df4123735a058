// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "util/bytes.h"

#include <fmt/format.h>
#include <string>

/// What md has written on members, sound but for the fields that no test reads.
namespace mdrescue::test {

inline void seal(std::string &bytes, std::size_t length, std::size_t checksum_at) {
    util::put_little_endian<std::uint32_t>(bytes, checksum_at, 0);
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < length; ++i)
        sum += std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * (i % 4));
    util::put_little_endian(bytes, checksum_at, static_cast<std::uint32_t>(sum + (sum >> 32U)));
}

/// Metadata 1.2 of a RAID-5 of three; roles: what each slot is believed to be ('A' or '.').
inline std::string superblock_1_2(const std::string &array, int slot, const std::string &roles,
                                  std::uint64_t created = 1700000000) {
    std::string bytes(4096, '\0');
    util::put_little_endian<std::uint32_t>(bytes, 0, 0xa92b4efc);
    util::put_little_endian<std::uint32_t>(bytes, 4, 1);
    std::string digits = array;
    std::erase(digits, ':');
    bytes.replace(16, 16, *util::from_hex(digits));
    util::put_little_endian<std::uint64_t>(bytes, 64, created);
    util::put_little_endian<std::uint32_t>(bytes, 72, 5);
    util::put_little_endian<std::uint64_t>(bytes, 80, 4096);
    util::put_little_endian<std::uint32_t>(bytes, 88, 128);
    util::put_little_endian<std::uint32_t>(bytes, 92, 3);
    util::put_little_endian<std::uint64_t>(bytes, 128, 2048);
    util::put_little_endian<std::uint64_t>(bytes, 136, 4096);
    util::put_little_endian<std::uint64_t>(bytes, 144, 8);
    util::put_little_endian<std::uint32_t>(bytes, 160, static_cast<std::uint32_t>(slot));
    bytes[168] = static_cast<char>(0xd0 + slot); // device UUID
    util::put_little_endian<std::uint64_t>(bytes, 200, 10);
    util::put_little_endian<std::uint64_t>(bytes, 208, ~std::uint64_t{0});
    util::put_little_endian<std::uint32_t>(bytes, 220, 3);
    for (std::size_t i = 0; i < 3; ++i)
        util::put_little_endian<std::uint16_t>(bytes, 256 + 2 * i,
                                               roles[i] == 'A' ? static_cast<std::uint16_t>(i)
                                                               : std::uint16_t{0xfffe});
    seal(bytes, 256 + 6, 216);
    return bytes;
}

inline std::string device_uuid(int slot) {
    return fmt::format("{:02x}000000:00000000:00000000:00000000", 0xd0 + slot);
}

/// Metadata 0.90: nothing but what makes it sound.
inline std::string superblock_0_90(std::uint32_t uuid) {
    std::string bytes(4096, '\0');
    util::put_little_endian<std::uint32_t>(bytes, 0, 0xa92b4efc);
    util::put_little_endian<std::uint32_t>(bytes, 8, 90);
    util::put_little_endian<std::uint32_t>(bytes, 20, uuid);
    seal(bytes, 4096, 152);
    return bytes;
}

} // namespace mdrescue::test
