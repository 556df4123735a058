// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "diagnose/assembly.h"
#include "diagnose/candidates.h"
#include "diagnose/diagnose.h"
#include "model/machine.h"

#include <cstdint>
#include <string>
#include <vector>

/// Differences and dangers, as data; words() makes text of them. Pure.
namespace mdrescue::diagnose {

enum class Severity {
    note,    ///< good to know
    warning, ///< the recovery goes on, the operator should know
    refusal, ///< nothing may be written while this holds
};

struct Finding {
    enum class Kind {
        other_machine,      ///< the disc is of another machine
        unknown_machine,    ///< no array at all
        cloned_machine,     ///< every disk here has another serial or WWN than recorded (FAULTS 25)
        disk_missing,       ///< disk; what was on it follows from the record
        disk_moved,         ///< disk; text: where it is now
        disk_resumed,       ///< disk: half-written by an earlier start of this recovery
        duplicate_identity, ///< disk: several disks carry its identity (FAULTS 19)
        no_replacement,     ///< disk: no disk could take its place
        array_degraded,     ///< array; number: redundancy left
        array_lost,         ///< array: more members gone than it can lose
        array_absent,       ///< array: no member here
        array_not_started,  ///< array: split brain, reshaping, duplicate; text: why
        array_dirty, ///< array: dirty and degraded; may be started after a typed answer (FAULTS 18)
        array_rebuilding, ///< array
        array_read_only,  ///< array runs, but was not made writable (nothing wrong)
        member_stale,     ///< array, disk: out of date, can be taken back
        bad_blocks,       ///< array, disk: its bad-block list has entries (FAULTS 14)
        filesystem_lost,  ///< disk; text: mount point, or which: native filesystem that a snapshot
                          ///< does not cover
        volume_lost,      ///< disk; text: what it was: native LVM or LUKS, not on an array, or swap
                          ///< on a disk without a table
        unsupported,      ///< text: unsupported_on() (FAULTS 28)
        firmware_mode,    ///< booted in the other firmware mode than recorded (FAULTS 33)
        profile_degraded, ///< the profile was made while degraded (FAULTS 21)
        hibernated,       ///< the installed system is asleep and holds its filesystems (FAULTS 30)
        layout_changed, ///< array or disk; text: the machine is newer than the profile (FAULTS 20)
    };
    Kind kind{};
    Severity severity = Severity::note;
    std::string disk{};  ///< Disk::id in the profile; ""
    std::string array{}; ///< UUID; ""
    std::string text{};  ///< raw details
    std::int64_t number = 0;
    bool operator==(const Finding &) const = default;
};

/// Everything worth telling, the worst first, then in the profile's order.
[[nodiscard]] std::vector<Finding>
find(const model::Profile &profile, const model::Machine &observed, const Comparison &comparison,
     const std::vector<Assembly> &assemblies, const std::vector<Vacancy> &vacancies);

/// A swap here holds a sleeping system: resumed later, it would destroy what was written meanwhile.
/// What lies behind LUKS, or in a volume that is not active, is not seen.
[[nodiscard]] bool hibernated(const model::Machine &machine);
/// Why nothing is done then, and the two ways out.
[[nodiscard]] std::string hibernated_words();

[[nodiscard]] bool any_of_kind(const std::vector<Finding> &findings, Finding::Kind kind);

[[nodiscard]] bool refuses(const std::vector<Finding> &findings);

/// One or two sentences for a tired administrator: what, which disk (serial, position, size), what
/// was on it, what it means, what to do. Printable.
[[nodiscard]] std::string words(const Finding &finding, const model::Profile &profile);

/// "disk1 (serial LJ03A001, slot pci-…, 897 MB)": printable; for every text that names a disk.
[[nodiscard]] std::string disk_words(const model::Disk &disk);
/// "a physical volume of LVM", of LVM and LUKS; "" for all else.
[[nodiscard]] std::string volume_words(const model::Content &content);
/// The name people know an array by: "md1", "root", or the start of its UUID. Printable.
[[nodiscard]] std::string array_words(const model::Array &array);

} // namespace mdrescue::diagnose
