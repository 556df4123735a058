// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/machine.h"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

/// The steps of a recovery. Devices are named by the *recorded* disk and partition number: the plan
/// of the same disks under other kernel names is the same plan. `Plan::disks` says which observed
/// disk stands for which.
namespace mdrescue::plan {

/// The start marker onto a replacement, before anything else (diagnose/marker.h).
struct MarkDisk {
    std::string disk;
    std::uint64_t offset = 0; ///< in bytes
    std::string bytes;
    bool operator==(const MarkDisk &) const = default;
};

/// The recorded partition table, exactly: starts, sizes, types, ids, GUIDs, names, flags.
struct WriteTable {
    std::string disk;
    model::PartitionTable table;        ///< GPT: last_usable is already the target's own
    std::uint32_t logical_sector = 512; ///< in bytes
    bool operator==(const WriteTable &) const = default;
};

/// No signature may be left inside the new partitions.
struct WipeSignatures {
    std::string disk;
    std::vector<unsigned> partitions;
    bool operator==(const WipeSignatures &) const = default;
};

/// A running array that was started read-only takes members and is rebuilt only when writable.
struct MakeWritable {
    std::string array; ///< UUID
    bool operator==(const MakeWritable &) const = default;
};

/// A new partition becomes a member; or a returning one is taken back, with its bitmap where there
/// is one. A journal is added while the array is read-only (mdadm(8), --add-journal).
struct AddMember {
    enum class Role { slot, spare, journal, returning };
    std::string array; ///< UUID
    model::DeviceRef device;
    Role role = Role::slot;
    bool operator==(const AddMember &) const = default;
};

/// A native filesystem or swap, with recorded type, UUID, label and features.
struct MakeFilesystem {
    model::DeviceRef device;
    model::Filesystem filesystem;
    bool operator==(const MakeFilesystem &) const = default;
};

/// The files of a snapshot on the medium, with owners, modes, times, xattrs; digests checked.
struct RestoreFiles {
    model::DeviceRef device;
    std::string filesystem; ///< type, for mount(2)
    std::string uuid;       ///< of the filesystem
    std::string snapshot;   ///< on the image: "boot", "mdrescue/esp/disk1-1"
    std::string target;     ///< where it is mounted on the machine: "/boot"; "" for an EFI system
                            ///< partition that is not
    bool operator==(const RestoreFiles &) const = default;
};

/// GRUB in the MBR and the gap, or in a BIOS boot partition: by the installed system's own
/// grub-install, else the recorded boot areas.
struct InstallBootLoader {
    std::string disk;
    model::BootLoader::Kind kind = model::BootLoader::Kind::grub_mbr_gap;
    bool operator==(const InstallBootLoader &) const = default;
};

/// A boot entry in the firmware of a UEFI machine, for the loader on an EFI system partition, a
/// survivor's, too: firmware that was reset has forgotten them all. Nothing where the firmware
/// still has it: the partition has its recorded GUID.
struct MakeBootEntry {
    model::DeviceRef device;
    model::BootEntry entry; ///< as recorded; its label is one that no other entry has
    bool operator==(const MakeBootEntry &) const = default;
};

/// The start marker goes: everything that is written to this disk by us has been proven.
struct UnmarkDisk {
    std::string disk;
    std::uint64_t offset = 0; ///< in bytes
    bool operator==(const UnmarkDisk &) const = default;
};

/// md rebuilds the arrays, one after another where they share disks.
struct WaitForRebuild {
    std::vector<std::string> arrays; ///< UUIDs
    bool operator==(const WaitForRebuild &) const = default;
};

/// fstab and crypttab entries that were bypassed come back, byte for byte. On the root filesystem,
/// so only after its array is whole.
struct RestoreConfiguration {
    bool operator==(const RestoreConfiguration &) const = default;
};

/// What the installed system itself remembers of the disk its boot loader is on (Debian: debconf's
/// grub-pc/install_devices).
struct RememberBootDisk {
    std::string disk;
    bool operator==(const RememberBootDisk &) const = default;
};

/// The log of this recovery goes to /var/log/mdrescue of the recovered system.
struct SaveLog {
    bool operator==(const SaveLog &) const = default;
};

using Step =
    std::variant<MarkDisk, WriteTable, WipeSignatures, MakeWritable, AddMember, MakeFilesystem,
                 RestoreFiles, InstallBootLoader, MakeBootEntry, UnmarkDisk, WaitForRebuild,
                 RestoreConfiguration, RememberBootDisk, SaveLog>;

/// True for steps that help and that nothing depends on: where one cannot be done that is told,
/// and the recovery goes on (FAULTS 34).
[[nodiscard]] inline bool optional(const Step &step) {
    return std::holds_alternative<MakeBootEntry>(step);
}

/// For std::visit with one lambda per step; a step that is forgotten does not compile.
template <class... Each> struct Visitor : Each... { using Each::operator()...; };
template <class... Each> Visitor(Each...) -> Visitor<Each...>;

/// The recorded disk whose device must be here for the step; "" for none.
[[nodiscard]] std::string disk_of(const Step &step);

} // namespace mdrescue::plan
