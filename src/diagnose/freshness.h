// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "diagnose/diagnose.h"
#include "model/machine.h"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Whether an image is still true of its machine, and what exactly is not. Pure functions.
namespace mdrescue::diagnose {

/// One thing that an image says and that is not so any more.
struct Difference {
    enum class Kind {
        machine,          ///< the image is of another machine, or the machine has another name
        disk,             ///< a disk is gone, new, another one, or somewhere else
        table,            ///< partition tables
        content,          ///< filesystems, swap, LUKS, … and their UUIDs
        array,            ///< an array's shape or its members
        degraded,         ///< an array is not whole right now: a new image would not help
        lvm,              ///< volume groups
        kernel,           ///< running, installed, its parameters
        boot,             ///< files of /boot
        esp,              ///< files of EFI system partitions
        boot_loader,      ///< boot code on disks, entries of the firmware
        configuration,    ///< fstab, crypttab, mdadm.conf
        image_degraded,   ///< the image was made while an array was not whole
        image_damaged,    ///< it does not hold the bytes that were written
        image_unreadable, ///< it cannot be read, or is none
        age,
    };
    Kind kind{};
    std::string text; ///< one sentence, printable
    bool operator==(const Difference &) const = default;
};

/// Every kind under the name that programs know it by.
inline constexpr std::array<std::pair<Difference::Kind, std::string_view>, 16> difference_names{{
    {Difference::Kind::machine, "machine"},
    {Difference::Kind::disk, "disk"},
    {Difference::Kind::table, "table"},
    {Difference::Kind::content, "content"},
    {Difference::Kind::array, "array"},
    {Difference::Kind::degraded, "degraded"},
    {Difference::Kind::lvm, "lvm"},
    {Difference::Kind::kernel, "kernel"},
    {Difference::Kind::boot, "boot"},
    {Difference::Kind::esp, "esp"},
    {Difference::Kind::boot_loader, "boot_loader"},
    {Difference::Kind::configuration, "configuration"},
    {Difference::Kind::image_degraded, "image_degraded"},
    {Difference::Kind::image_damaged, "image_damaged"},
    {Difference::Kind::image_unreadable, "image_unreadable"},
    {Difference::Kind::age, "age"},
}};
[[nodiscard]] std::string_view difference_name(Difference::Kind kind);

using Differences = std::vector<Difference>;
[[nodiscard]] bool has(const Differences &differences, Difference::Kind kind);

/// compare(), and a machine that has no array, recorded as one without any, is the same where one
/// of its disks is: nothing is written to a disk on the strength of that.
[[nodiscard]] Comparison recognise(const model::Profile &recorded, const model::Machine &observed);

/// Everything but files: disks, tables, contents, arrays, LVM, kernel, boot code, firmware,
/// configuration. What changes by itself is no difference: kernel names, where a removable medium
/// is, event counts. Of another machine nothing but that is said. observed: as it would be
/// recorded, with the loaders that its EFI system partitions hold.
[[nodiscard]] Differences layout_differences(const model::Profile &recorded,
                                             const model::Machine &observed,
                                             const Comparison &comparison);

/// The files of a snapshot: what is at each path ("grub/grub.cfg"), spelled so that the same text
/// means the same bytes.
using Files = std::map<std::string, std::string>;
using EspFiles = std::map<model::DeviceRef, Files>;

/// Files of /boot that are new, gone or others; kernels by their version. Left out is what boot
/// loaders write by themselves: GRUB's environment block, the random seed of systemd-boot.
[[nodiscard]] Differences boot_differences(const Files &recorded, const Files &present);
/// The same of each EFI system partition. recorded names them as the profile does, present as the
/// observed machine does. One that has no snapshot on the image is a difference; of one whose disk
/// is gone nothing is said, since the disk is.
[[nodiscard]] Differences esp_differences(const model::Profile &profile,
                                          const model::Machine &observed,
                                          const Comparison &comparison, const EspFiles &recorded,
                                          const EspFiles &present);

/// made_at, now: seconds since 1970. A day of the future is clocks that differ, more is an age that
/// nobody knows.
[[nodiscard]] std::optional<Difference> age_difference(std::int64_t made_at, std::int64_t now,
                                                       unsigned max_days);

/// An array in numbers, a member that was removed from it included.
struct ArrayState {
    std::string uuid;
    std::string name;      ///< as people know it, printable
    int level = 0;         ///< see model::Array
    unsigned recorded = 0; ///< members it was recorded with; 0 for one that is not in the record
    unsigned active = 0;   ///< slots that are up now
    unsigned missing = 0;  ///< slots that are not
    bool operator==(const ArrayState &) const = default;
};
/// Recorded ones first, then those that are not in the record. recorded: nullptr where no image can
/// be read.
[[nodiscard]] std::vector<ArrayState> array_states(const model::Machine *recorded,
                                                   const model::Machine &observed);

} // namespace mdrescue::diagnose
