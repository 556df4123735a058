// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "util/result.h"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mdrescue::util {

/// Raw bytes are kept in std::string: they come from files and go to files. These read unsigned
/// integers at a byte offset; the caller has checked that the range lies inside.
template <std::unsigned_integral T>
[[nodiscard]] constexpr T little_endian(std::string_view bytes, std::size_t offset) {
    T value = 0;
    for (std::size_t i = sizeof(T); i-- > 0;)
        value = static_cast<T>((static_cast<std::uint64_t>(value) << 8U) |
                               static_cast<unsigned char>(bytes[offset + i]));
    return value;
}

template <std::unsigned_integral T>
[[nodiscard]] constexpr T big_endian(std::string_view bytes, std::size_t offset) {
    T value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i)
        value = static_cast<T>((static_cast<std::uint64_t>(value) << 8U) |
                               static_cast<unsigned char>(bytes[offset + i]));
    return value;
}

/// Writes a little-endian integer over bytes[offset …]; the range must lie inside.
template <std::unsigned_integral T>
constexpr void put_little_endian(std::string &bytes, std::size_t offset, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i)
        bytes[offset + i] =
            static_cast<char>((static_cast<std::uint64_t>(value) >> (8 * i)) & 0xffU);
}

[[nodiscard]] std::string hex(std::string_view bytes); ///< lower case, no separators
[[nodiscard]] Result<std::string> from_hex(std::string_view text);

[[nodiscard]] std::string base64(std::string_view bytes); ///< RFC 4648, padded
[[nodiscard]] Result<std::string> from_base64(std::string_view text);

/// Text form of 16 bytes in memory order, as most UUIDs are stored: 8-4-4-4-12, lower case.
[[nodiscard]] std::string uuid_text(std::string_view sixteen_bytes);
/// The same for a GUID stored with its first three fields little-endian (UEFI specification,
/// appendix A: GPT and firmware variables). Upper case, as sfdisk prints it.
[[nodiscard]] std::string guid_text(std::string_view sixteen_bytes);
[[nodiscard]] Result<std::string> guid_bytes(std::string_view text); ///< the reverse of guid_text

} // namespace mdrescue::util
