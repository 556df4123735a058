// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/early.h"

namespace mdrescue::agent {
namespace {

using Warnings = std::vector<std::string>;

void note(Warnings &warnings, const util::Result<void> &result) {
    if (!result)
        warnings.push_back(result.error().message);
}

void mount_one(system::System &system, const system::Mount &mount, Warnings &warnings) {
    note(warnings, system.make_directory(mount.target));
    note(warnings, system.mount(mount));
}

} // namespace

std::vector<std::string> early_start(system::System &system) {
    Warnings warnings;
    const auto writable = [&](const char *type, const char *target, const char *options) {
        mount_one(system, {type, target, type, false, options}, warnings);
    };
    writable("proc", "/proc", "");
    writable("sysfs", "/sys", "");
    // The kernel mounts devtmpfs by itself only over a root file system, not in an initramfs
    // (drivers/base/Kconfig, DEVTMPFS_MOUNT).
    writable("devtmpfs", "/dev", "mode=0755");
    writable("devpts", "/dev/pts", "gid=5,mode=620,ptmxmode=666");
    writable("tmpfs", "/run", "mode=0755");
    writable("tmpfs", "/tmp", "mode=1777");
    if (system.exists("/sys/firmware/efi"))
        writable("efivarfs", "/sys/firmware/efi/efivars", "");
    note(warnings, system.make_directory("/run/mdadm")); // mdadm keeps its map of arrays there
    note(warnings, system.make_directory("/medium"));
    note(warnings, system.make_directory("/mnt"));
    // Emergencies, alerts and critical messages only: the screen has to stay readable. All of it is
    // in dmesg (kernel documentation, admin-guide/sysctl/kernel.rst, printk).
    note(warnings, system.write_control("/proc/sys/kernel/printk", "3 4 1 7"));
    return warnings;
}

} // namespace mdrescue::agent
