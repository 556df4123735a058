// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/boot_images_prefix.h"

#include "util/bytes.h"

namespace mdrescue::media {
namespace {

using util::little_endian;

// struct grub_module_info64 and grub_module_header of GRUB's include/grub/kernel.h: magic, padding,
// offset of the first object and size of all, then objects of type, size (header included) and
// bytes.
constexpr std::string_view magic = "mimg";
constexpr std::size_t info_size = 24, header_size = 8;
constexpr std::uint32_t prefix_object = 3;

std::optional<std::string> prefix_in(std::string_view info) {
    const auto offset = little_endian<std::uint64_t>(info, 8);
    const auto size = little_endian<std::uint64_t>(info, 16);
    if (size > info.size() || offset > size)
        return std::nullopt;
    for (std::size_t at = offset; at + header_size <= size;) {
        const auto type = little_endian<std::uint32_t>(info, at);
        const auto length = little_endian<std::uint32_t>(info, at + 4);
        if (length < header_size || length > size - at)
            return std::nullopt;
        if (type == prefix_object) {
            std::string_view text = info.substr(at + header_size, length - header_size);
            text = text.substr(0, text.find('\0'));
            if (const auto device = text.find(')'); device != std::string_view::npos)
                text.remove_prefix(device + 1);
            return text.starts_with('/') ? std::optional<std::string>(text) : std::nullopt;
        }
        at += length;
    }
    return std::nullopt;
}

} // namespace

std::optional<std::string> grub_prefix(std::string_view binary) {
    // The magic is also a constant in GRUB's own code, so every place is tried.
    for (auto at = binary.find(magic); at != std::string_view::npos;
         at = binary.find(magic, at + 1))
        if (binary.size() - at >= info_size)
            if (auto prefix = prefix_in(binary.substr(at)))
                return prefix;
    return std::nullopt;
}

} // namespace mdrescue::media
