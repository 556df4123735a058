// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/image_sizes.h"

#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>

namespace mdrescue::cli {
namespace {

constexpr std::uint64_t megabyte = 1'000'000;
constexpr std::uint64_t rescue_system_limit = 24 * megabyte;
constexpr std::uint64_t added_limit = 36 * megabyte;

/// The name of the part a file belongs to; nullptr for what boot loaders are made of.
const char *part_of(std::string_view path) {
    if (path.starts_with("boot/"))
        return "/boot";
    if (path.starts_with("mdrescue/esp/"))
        return "EFI partitions";
    if (path == "mdrescue/initramfs")
        return "rescue system";
    if (path.starts_with("EFI/") || path.starts_with("mdrescue/grub/"))
        return nullptr;
    return "record, digests, page";
}

} // namespace

std::vector<SizePart> size_parts(const media::ImageInfo &info) {
    std::vector<SizePart> parts{{"/boot"},
                                {"EFI partitions"},
                                {"rescue system", 0, rescue_system_limit},
                                {"record, digests, page"}};
    std::uint64_t named = 0;
    for (const media::ImagePart &file : info.files)
        if (const char *name = part_of(file.path))
            for (SizePart &part : parts)
                if (part.name == name) {
                    part.bytes += file.size;
                    named += file.size;
                }
    // The boot images are no files, but partitions and areas of the image.
    parts.push_back({"boot loaders, directories", info.size - std::min(info.size, named)});
    const std::uint64_t own = parts[0].bytes + parts[1].bytes;
    parts.push_back(
        {"beside the machine's own files", info.size - std::min(info.size, own), added_limit});
    return parts;
}

std::string sizes_text(const std::vector<SizePart> &parts) {
    std::string text = "  sizes\n";
    for (const SizePart &part : parts)
        text += fmt::format("    {:<32}{:>8}{}\n", part.name, util::size_text(part.bytes),
                            part.limit ? "  of at most " + util::size_text(*part.limit) : "");
    return text;
}

} // namespace mdrescue::cli
