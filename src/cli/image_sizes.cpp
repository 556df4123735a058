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

} // namespace

std::uint64_t bytes_under(const media::ImageInfo &info, std::string_view prefix) {
    std::uint64_t total = 0;
    for (const auto &file : info.files)
        if (std::string_view(file.path).starts_with(prefix))
            total += file.size;
    return total;
}

std::vector<SizePart> size_parts(const media::ImageInfo &info) {
    const std::uint64_t boot = bytes_under(info, "boot/");
    const std::uint64_t esps = bytes_under(info, "mdrescue/esp/");
    const std::uint64_t rescue_system = bytes_under(info, "mdrescue/initramfs");
    const std::uint64_t loaders = bytes_under(info, "EFI/") + bytes_under(info, "mdrescue/grub/");
    const std::uint64_t others = bytes_under(info, "") - boot - esps - rescue_system - loaders;
    const auto without = [&](std::uint64_t bytes) {
        return info.size - std::min(info.size, bytes);
    };
    return {{"/boot", boot},
            {"EFI partitions", esps},
            {"rescue system", rescue_system, rescue_system_limit},
            {"record, digests, page", others},
            // The boot images are no files, but partitions and areas of the image.
            {"boot loaders, directories", without(boot + esps + rescue_system + others)},
            {"beside the machine's own files", without(boot + esps), added_limit}};
}

std::string sizes_text(const std::vector<SizePart> &parts) {
    std::string text = "  sizes\n";
    for (const SizePart &part : parts)
        text += fmt::format("    {:<32}{:>8}{}\n", part.name, util::size_text(part.bytes),
                            part.limit ? "  of at most " + util::size_text(*part.limit) : "");
    return text;
}

} // namespace mdrescue::cli
