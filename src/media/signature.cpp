// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/signature.h"

#include "util/bytes.h"

#include <cstdint>

namespace mdrescue::media {
namespace {

constexpr std::size_t header_pointer = 0x3c;
constexpr std::size_t optional_header = 24; // behind "PE\0\0" and the COFF header
constexpr std::uint16_t pe32_plus = 0x20b;
constexpr std::size_t certificate_table = optional_header + 112 + 4 * 8; // offset and size

} // namespace

bool carries_signature(std::string_view program) {
    if (!program.starts_with("MZ") || program.size() < header_pointer + 4)
        return false;
    const std::size_t header = util::little_endian<std::uint32_t>(program, header_pointer);
    if (header > program.size() || program.size() - header < certificate_table + 8 ||
        program.substr(header, 4) != std::string_view("PE\0\0", 4) ||
        util::little_endian<std::uint16_t>(program, header + optional_header) != pe32_plus)
        return false;
    return util::little_endian<std::uint32_t>(program, header + certificate_table) != 0 &&
           util::little_endian<std::uint32_t>(program, header + certificate_table + 4) != 0;
}

} // namespace mdrescue::media
