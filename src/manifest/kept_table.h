// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// A stick whose rest was made a partition has another partition table than the image that was
/// written to it, and yet it must be found sound: the image's own table is kept in a record behind
/// the image, and whoever takes the image's digest from that stick reads these bytes from there.
/// Nothing but tables can be replaced that way; boot code and all else are read where they lie.
namespace mdrescue::manifest {

/// The 16 blocks before the volume descriptors (ECMA-119, 6.2.1), where the tables are.
inline constexpr std::uint64_t system_area_size = 16 * 2048ULL;
/// The record: one sector of text, then the system area as the image has it.
inline constexpr std::uint64_t kept_table_header_size = 512;
inline constexpr std::uint64_t kept_table_size = kept_table_header_size + system_area_size;

/// Where the record begins, in bytes: right behind the image, at a multiple of 4096.
[[nodiscard]] std::uint64_t kept_table_offset(std::uint64_t image_bytes);

/// The whole record: "mdrescue-kept-table 1 image=<image digest> sha256=<hex>\n", zeros, the system
/// area. image_digest: DigestField::sha256, so that a record of another image is none.
[[nodiscard]] std::string kept_table_text(std::string_view image_digest,
                                          std::string_view system_area);
/// The system area of such a record for that image; none for anything else.
[[nodiscard]] std::optional<std::string> parse_kept_table(std::string_view image_digest,
                                                          std::string_view record);

/// Puts the kept tables over `size` bytes that were read at `offset` of the stick: the entries of
/// the MBR (bytes 446 to 509), GPT header and entries (byte 512 to the end of the system area; UEFI
/// specification 2.10, 5.2.3 and 5.3).
void put_kept_table(std::string_view system_area, std::uint64_t offset, char *bytes,
                    std::size_t size);

} // namespace mdrescue::manifest
