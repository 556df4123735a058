// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/iso_boot_catalog.h"

#include "util/bytes.h"

#include <array>

namespace mdrescue::media {
namespace {

using util::little_endian;

constexpr std::size_t block_size = 2048, entry_size = 32;
constexpr std::string_view boot_record_start{"\0CD001\1EL TORITO SPECIFICATION", 30};
constexpr char validation_header = 1, section_header = '\x90', last_section_header = '\x91',
               bootable_mark = '\x88';

std::string text(std::string_view bytes) {
    const auto end = bytes.find_last_not_of(std::string_view("\0 ", 2));
    return std::string(bytes.substr(0, end == std::string_view::npos ? 0 : end + 1));
}

BootEntryRecord entry(std::string_view bytes, std::uint8_t platform, std::string id) {
    return {platform, bytes[0] == bootable_mark, little_endian<std::uint16_t>(bytes, 6),
            little_endian<std::uint32_t>(bytes, 8), std::move(id)};
}

} // namespace

util::Result<std::vector<BootEntryRecord>> parse_boot_catalog(std::string_view catalog) {
    if (catalog.size() < 2 * entry_size || catalog[0] != validation_header ||
        little_endian<std::uint16_t>(catalog, 30) != 0xaa55)
        return util::fail("the El Torito boot catalog is damaged");
    std::uint16_t sum = 0;
    for (std::size_t i = 0; i < entry_size; i += 2)
        sum = static_cast<std::uint16_t>(sum + little_endian<std::uint16_t>(catalog, i));
    if (sum != 0)
        return util::fail("the checksum of the El Torito boot catalog is wrong");
    std::vector<BootEntryRecord> entries{entry(catalog.substr(entry_size, entry_size),
                                               static_cast<std::uint8_t>(catalog[1]),
                                               text(catalog.substr(4, 24)))};
    bool last = false;
    for (std::size_t at = 2 * entry_size; !last && at + entry_size <= catalog.size();) {
        const std::string_view header = catalog.substr(at, entry_size);
        if (header[0] != section_header && header[0] != last_section_header)
            break;
        last = header[0] == last_section_header;
        const std::size_t count = little_endian<std::uint16_t>(header, 2);
        at += entry_size;
        for (std::size_t i = 0; i < count && at + entry_size <= catalog.size();
             ++i, at += entry_size)
            entries.push_back(entry(catalog.substr(at, entry_size),
                                    static_cast<std::uint8_t>(header[1]),
                                    text(header.substr(4, 28))));
    }
    return entries;
}

util::Result<std::vector<BootEntryRecord>> read_boot_catalog(const IsoReader &reader) {
    std::array<char, block_size> block{};
    const std::string_view bytes(block.data(), block.size());
    // The boot record is the block after the primary volume descriptor (El Torito
    // specification 1.0, figure 7).
    MDR_TRY(reader.read_at(manifest::volume_descriptor_offset + block_size, block.data(),
                           block.size()));
    if (!bytes.starts_with(boot_record_start))
        return std::vector<BootEntryRecord>{};
    const auto catalog = little_endian<std::uint32_t>(bytes, 71);
    MDR_TRY(reader.read_at(catalog * static_cast<std::uint64_t>(block_size), block.data(),
                           block.size()));
    return parse_boot_catalog(bytes);
}

} // namespace mdrescue::media
