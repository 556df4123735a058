// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/machine.h"

/// What follows from the death of one disk, from the record of the machine alone. Pure.
namespace mdrescue::model {

/// What a filesystem needs under it: every part named, and every array.
struct Place {
    std::vector<DeviceRef> parts;    ///< disks and partitions that it lies on without an array
    std::vector<std::string> arrays; ///< Array::uuid
    [[nodiscard]] bool known() const { return !parts.empty() || !arrays.empty(); }
    /// Whether a part of it is on that disk (Disk::id) without an array.
    [[nodiscard]] bool on_disk(const std::string &id) const;
};

/// Where the filesystem or swap with that UUID lies, also through LVM. Unknown (inside LUKS, say):
/// empty.
[[nodiscard]] Place locate(const Machine &machine, const std::string &filesystem_uuid);
/// Where a mounted filesystem lies; for one that the record has no place of but a mapped device,
/// where the machine's LUKS containers lie: one of them it is behind.
[[nodiscard]] Place locate(const Machine &machine, const MountPoint &mount);
/// Where the physical volumes of the group lie.
[[nodiscard]] Place locate(const Machine &machine, const VolumeGroup &group);

/// Whether what is mounted there is part of the installed system: "/", or /boot, /usr, /var, /etc
/// and what is below them.
[[nodiscard]] bool is_of_system(const std::string &target);
/// Whether a recorded disk is missed when it is not here: any but one that was only plugged in then
/// (removable, or on USB) and holds no member of an array, nothing of the installed system and
/// nothing that fstab names by its UUID.
[[nodiscard]] bool is_missed(const Machine &machine, const Disk &disk);

/// An array without the members on a disk.
struct ArrayLoss {
    std::string uuid;
    std::string slots;       ///< "[_UUUUU]" afterwards
    int redundancy_left = 0; ///< afterwards, see redundancy_left()
};

enum class Start {
    yes,     ///< starts by itself
    stops,   ///< starts, but waits and stops at a prompt for a filesystem that is gone
    no,      ///< does not start
    unknown, ///< cannot be told from the record
};

struct DiskLoss {
    std::vector<ArrayLoss> arrays; ///< those with a member on the disk, in the machine's order
    std::vector<MountPoint> gone;  ///< mounted filesystems and swap that are gone with it
    bool boot_loader_here = false; ///< it carries a boot loader that could start this machine
    bool last_boot_loader = false; ///< … and no other disk does
    bool root_gone = false;
    bool boot_gone = false; ///< /boot, where it is a filesystem of its own
    Start start = Start::unknown;
};

[[nodiscard]] DiskLoss loss_of(const Machine &machine, const Disk &disk);

/// Whether the firmware could start the machine from that disk, as far as the record tells: BIOS,
/// GRUB in its MBR or BIOS boot partition; UEFI, an ESP with \EFI\BOOT\BOOT….EFI, or one that an
/// active boot entry names.
[[nodiscard]] bool starts_machine(const Machine &machine, const Disk &disk);

/// Whether an EFI system partition has the loader that firmware starts without a boot entry:
/// \EFI\BOOT\BOOTX64.EFI and its like.
[[nodiscard]] bool has_fallback_loader(const BootLoader &esp);

} // namespace mdrescue::model
