// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/boot_gaps.h"

#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>

namespace mdrescue::cli {
namespace {

bool holds_one_of(const manifest::Tree &boot, const std::vector<std::string> &names) {
    return std::any_of(boot.begin(), boot.end(), [&](const manifest::Node &node) {
        return std::find(names.begin(), names.end(), node.path) != names.end();
    });
}

} // namespace

std::vector<std::string> boot_gaps(const manifest::Tree &boot, const std::string &kernel_version) {
    const std::vector<std::string> initramfs{
        "boot/initrd.img-" + kernel_version,         // initramfs-tools
        "boot/initramfs-" + kernel_version + ".img", // dracut
        "boot/initrd-" + kernel_version,             // dracut on SUSE
    };
    const std::vector<std::string> menus{"boot/grub/grub.cfg", "boot/grub2/grub.cfg",
                                         "boot/loader/loader.conf"};
    std::vector<std::string> gaps;
    if (!holds_one_of(boot, initramfs))
        gaps.push_back(fmt::format("/boot has no initramfs for kernel {}: a system whose root is "
                                   "on an array does not start without",
                                   util::printable(kernel_version)));
    if (!holds_one_of(boot, menus))
        gaps.emplace_back("/boot has no menu of a boot loader (grub/grub.cfg): after a recovery "
                          "GRUB will stop at its prompt");
    return gaps;
}

} // namespace mdrescue::cli
