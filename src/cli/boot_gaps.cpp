// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/boot_gaps.h"

#include "model/family.h"
#include "model/loss.h"
#include "plan/given_up.h"
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
    std::vector<std::string> initramfs;
    std::vector<std::string> menus{"boot/loader/loader.conf"}; // systemd-boot(7)
    for (const model::Family &family : model::families) {
        initramfs.push_back(
            fmt::format("boot/{}{}{}", family.initramfs, kernel_version, family.initramfs_suffix));
        menus.push_back(fmt::format("boot/{}/grub.cfg", family.grub));
    }
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

std::vector<std::string> disk_gaps(const model::Machine &machine) {
    std::vector<std::string> gaps;
    for (const model::Disk &disk : machine.disks) {
        if (!model::is_missed(machine, disk))
            continue;
        for (const plan::GivenUp &one : plan::given_up(machine, disk)) {
            const std::string id = util::printable(disk.id);
            const bool whole = one.device.partition == 0;
            const std::string fate =
                !one.needed.empty()
                    ? fmt::format("its recovery would be refused, since {} lies there", one.needed)
                : whole ? "it would not come back"
                        : "only its partition would come back";
            gaps.push_back(fmt::format(
                "{} holds {} outside any array, which this version does not make again: were {} "
                "to die, {}",
                whole ? id : fmt::format("partition {} of {}", one.device.partition, id), one.what,
                id, fate));
        }
    }
    return gaps;
}

} // namespace mdrescue::cli
