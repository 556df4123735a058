// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "execute/context.h"

#include <optional>
#include <string>
#include <vector>

/// What the firmware of a UEFI machine starts from a disk: its boot entries and the loaders on EFI
/// system partitions.
namespace mdrescue::execute {

/// \EFI\debian\shimx64.efi as a path below the mounted partition.
[[nodiscard]] std::string path_below(const std::string &directory, std::string file);

/// The firmware's mode, boot order and entries as they are now (efivarfs).
[[nodiscard]] model::Firmware present_firmware(system::System &system);

/// The entry that leads to a file on a partition. FAT knows no case, so nor does the file's name.
[[nodiscard]] const model::BootEntry *find_entry(const model::Firmware &firmware,
                                                 const std::string &partition_guid,
                                                 const std::string &file);

/// Firmware passes over an entry that is not active, or not in its order. Pure.
[[nodiscard]] bool is_followed(const model::BootEntry &entry, const model::Firmware &firmware);

/// The present boot order with the entry `made` where the record has it: behind the last of the
/// entries that came before it then and are still here. Pure.
[[nodiscard]] std::vector<unsigned> order_with(const model::BootEntry &made,
                                               const model::Firmware &recorded,
                                               const model::Firmware &now);

/// How the firmware starts a disk of a UEFI machine; printable. None: it does not, `why_not` says
/// why.
struct UefiStart {
    std::optional<std::string> by; ///< "boot entry \"debian\"", "\EFI\BOOT"
    std::string why_not;
};
/// Looks at the firmware and at the recorded EFI system partition on that disk, whose files are
/// looked for where `look_for_files` is set.
[[nodiscard]] UefiStart uefi_start(Context &context, const model::Disk &recorded,
                                   const model::BootLoader &esp, bool look_for_files);

/// For who has no boot entry: that firmware finds the loader in \EFI\BOOT without one, or that
/// there is none. Printable.
[[nodiscard]] std::string fallback_words(const model::BootLoader *esp);

} // namespace mdrescue::execute
