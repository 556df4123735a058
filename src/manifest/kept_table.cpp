// SPDX-License-Identifier: GPL-3.0-or-later
#include "manifest/kept_table.h"

#include "util/digest.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace mdrescue::manifest {
namespace {

constexpr std::uint64_t alignment = 4096;

struct Range {
    std::uint64_t start = 0, end = 0; ///< in bytes
};
constexpr std::array<Range, 2> tables{{{446, 510}, {512, system_area_size}}};

std::string header(std::string_view image_digest, std::string_view system_area) {
    std::string text = fmt::format("mdrescue-kept-table 1 image={} sha256={}\n", image_digest,
                                   util::sha256(system_area));
    text.resize(kept_table_header_size, '\0');
    return text;
}

} // namespace

std::uint64_t kept_table_offset(std::uint64_t image_bytes) {
    return (image_bytes + alignment - 1) / alignment * alignment;
}

std::string kept_table_text(std::string_view image_digest, std::string_view system_area) {
    return header(image_digest, system_area) + std::string(system_area);
}

std::optional<std::string> parse_kept_table(std::string_view image_digest,
                                            std::string_view record) {
    if (record.size() != kept_table_size)
        return std::nullopt;
    const std::string_view area = record.substr(kept_table_header_size);
    if (record.substr(0, kept_table_header_size) != header(image_digest, area))
        return std::nullopt;
    return std::string(area);
}

void put_kept_table(std::string_view system_area, std::uint64_t offset, char *bytes,
                    std::size_t size) {
    for (const Range &table : tables) {
        const std::uint64_t start = std::max(table.start, offset);
        const std::uint64_t end = std::min(table.end, offset + size);
        if (start < end)
            std::copy_n(system_area.begin() + static_cast<std::ptrdiff_t>(start), end - start,
                        bytes + (start - offset));
    }
}

} // namespace mdrescue::manifest
