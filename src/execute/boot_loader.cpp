// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/boot_loader.h"

#include "execute/grub_bios.h"

#include <fmt/format.h>

namespace mdrescue::execute {
namespace {

using util::fail;
using util::Result;

Result<std::string> sectors(system::System &system, const std::string &device,
                            const grub::Extent &extent) {
    const std::uint64_t size = extent.count * grub::sector_size;
    if (extent.sector > UINT64_MAX / grub::sector_size - extent.count)
        return fail(fmt::format("the boot loader of {} leads behind the end of the disk", device));
    MDR_TRY_ASSIGN(std::string bytes,
                   system.read_at(device, extent.sector * grub::sector_size, size));
    if (bytes.size() != size)
        return fail(fmt::format("the boot loader of {} leads behind the end of the disk", device));
    return bytes;
}

} // namespace

Result<BootLoaderOnDisk> read_boot_loader(system::System &system, const std::string &device) {
    BootLoaderOnDisk found;
    MDR_TRY_ASSIGN(found.boot_code, system.read_at(device, 0, grub::boot_code_size));
    const auto first = grub::core_sector(found.boot_code);
    if (!first)
        return fail(fmt::format("there is no boot code of GRUB on {}", device));
    MDR_TRY_ASSIGN(found.core, sectors(system, device, {*first, 1}));
    MDR_TRY_ASSIGN(const auto rest, grub::core_rest(found.core));
    for (const grub::Extent &extent : rest) {
        MDR_TRY_ASSIGN(const std::string bytes, sectors(system, device, extent));
        found.core += bytes;
    }
    return found;
}

std::string grub_platform_directory(system::System &system, const std::string &boot) {
    for (const char *name : {"/grub/i386-pc", "/grub2/i386-pc"})
        if (system.exists(boot + name))
            return boot + name;
    return "";
}

Result<void> check_written_from(system::System &system, const std::string &device,
                                const std::string &directory) {
    MDR_TRY_ASSIGN(const std::string boot_img, system.read_file(directory + "/boot.img"));
    MDR_TRY_ASSIGN(const std::string core_img, system.read_file(directory + "/core.img"));
    MDR_TRY_ASSIGN(const BootLoaderOnDisk found, read_boot_loader(system, device));
    if (!grub::same_boot_code(found.boot_code, boot_img))
        return fail(
            fmt::format("the boot code of {} is not that of {}/boot.img", device, directory));
    if (!grub::same_core(found.core, core_img))
        return fail(fmt::format("the core image on {} is not {}/core.img", device, directory));
    return {};
}

} // namespace mdrescue::execute
