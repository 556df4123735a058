// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "etc/bypass.h"
#include "model/machine.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

/// Which entries of an installed system's fstab and crypttab would wait in vain when it starts on
/// this machine as it is now. Pure, but for the question whether a path exists.
namespace mdrescue::execute {

struct InstalledTables {
    std::string fstab;
    std::string crypttab;
};

struct EditedTables {
    etc::Edited fstab;
    etc::Edited crypttab;
};

/// What the decision is made from. Devices are found by what lies on them (UUIDs, labels, GUIDs),
/// since there are no links of udev's in an initramfs.
struct Surroundings {
    const model::Machine &observed;
    /// Tells where an UUID lies that is not seen now: on a disk that is gone (missing), or in a
    /// volume the system will activate (there). May be nullptr.
    const model::Machine *recorded = nullptr;
    std::function<bool(const std::string &path)> exists; ///< in this system
};

/// An entry counts as missing when its device can be understood and is not there:
/// - UUID=, LABEL=, PARTUUID=, PARTLABEL= and the same under /dev/disk/by-…: nothing carries it;
/// - by-path, by-id: no disk at that place, none with that serial or WWN;
/// - /dev/md…, /dev/mapper/…, /dev/GROUP/VOLUME: not running, not complete, its crypttab entry
/// gone;
/// - /dev/sda1 and the like: not there, or something else is there now, since these names move.
/// What may still turn up (inside a container or volume that the system opens later, and not
/// recorded elsewhere) and names of other kinds are not missing.
[[nodiscard]] EditedTables bypass_missing(const InstalledTables &tables,
                                          const Surroundings &surroundings);

} // namespace mdrescue::execute
