// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/boot_loader.h"

#include "execute/grub_bios.h"
#include "model/family.h"

#include <fmt/format.h>
#include <functional>

namespace mdrescue::execute {
namespace {

using util::fail;
using util::Result;

/// Bytes at an offset; fewer at the end of what there is.
using Reader = std::function<Result<std::string>(std::uint64_t offset, std::uint64_t length)>;

Result<std::string> sectors(const Reader &read, const grub::Extent &extent) {
    const std::uint64_t size = extent.count * grub::sector_size;
    if (extent.sector > UINT64_MAX / grub::sector_size - extent.count)
        return fail("the boot loader leads behind the end of the disk");
    MDR_TRY_ASSIGN(std::string bytes, read(extent.sector * grub::sector_size, size));
    if (bytes.size() != size)
        return fail("the boot loader leads behind the end of the disk");
    return bytes;
}

Result<BootLoaderOnDisk> follow(const Reader &read) {
    BootLoaderOnDisk found;
    MDR_TRY_ASSIGN(found.boot_code, read(0, grub::boot_code_size));
    const auto first = grub::core_sector(found.boot_code);
    if (!first)
        return fail("there is no boot code of GRUB");
    MDR_TRY_ASSIGN(found.core, sectors(read, {*first, 1}));
    MDR_TRY_ASSIGN(const auto rest, grub::core_rest(found.core));
    for (const grub::Extent &extent : rest) {
        MDR_TRY_ASSIGN(const std::string bytes, sectors(read, extent));
        found.core += bytes;
    }
    return found;
}

} // namespace

Result<BootLoaderOnDisk> read_boot_loader(system::System &system, const std::string &device) {
    auto found = follow([&](std::uint64_t offset, std::uint64_t length) {
        return system.read_at(device, offset, length);
    });
    return found ? std::move(found) : util::with_context(device, found.error());
}

Result<BootLoaderOnDisk> recorded_boot_loader(const model::Disk &recorded) {
    auto found = follow([&](std::uint64_t offset, std::uint64_t length) -> Result<std::string> {
        for (const model::BootArea &area : recorded.boot_areas)
            if (offset >= area.offset && offset + length <= area.offset + area.size) {
                std::string bytes = area.bytes;
                bytes.resize(area.size); // trailing zeros are left out
                return bytes.substr(offset - area.offset, length);
            }
        return fail("the boot loader leads out of the recorded areas");
    });
    return found ? std::move(found) : util::with_context("the record", found.error());
}

std::string grub_platform_directory(system::System &system, const std::string &boot) {
    for (const model::Family &family : model::families)
        if (std::string files = fmt::format("{}/{}/i386-pc", boot, family.grub);
            system.exists(files))
            return files;
    return "";
}

Result<void> check_written_from(system::System &system, const BootLoaderOnDisk &found,
                                const std::string &directory) {
    MDR_TRY_ASSIGN(const std::string boot_img, system.read_file(directory + "/boot.img"));
    MDR_TRY_ASSIGN(const std::string core_img, system.read_file(directory + "/core.img"));
    if (!grub::same_boot_code(found.boot_code, boot_img))
        return fail(fmt::format("the boot code is not that of {}/boot.img", directory));
    if (!grub::same_core(found.core, core_img))
        return fail(fmt::format("the core image is not {}/core.img", directory));
    return {};
}

} // namespace mdrescue::execute
