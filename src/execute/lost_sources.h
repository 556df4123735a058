// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "execute/missing_sources.h"
#include "model/machine.h"

#include <string>
#include <vector>

/// Which entries of fstab and crypttab name what lay on an array, or a part of a disk without one,
/// whose data is lost (FAULTS 32).
/// They are taken out for good, so only what the record shows to have been there counts: what is
/// merely missing may come back. Pure.
namespace mdrescue::execute {

struct Lost {
    const std::vector<std::string> &arrays;     ///< Array::uuid
    const std::vector<model::DeviceRef> &parts; ///< recorded, on replaced disks
    const model::Machine &recorded;
    const model::Machine &observed;
};

/// Takes out the entries of:
/// - what the record has on one of these arrays, by any of its names, also through LVM (a group
/// with
///   one lost physical volume is lost as a whole), and a filesystem that takes several arrays;
/// - mappings whose container is one of those, and what was mounted from them;
/// - what was mounted from a mapped device of which the record knows no place, where all LUKS
///   containers are lost.
/// Not what is here by that name now, on other arrays or disks: its owner may have put a backup
/// there.
[[nodiscard]] EditedTables take_out_lost(const InstalledTables &tables, const Lost &lost);

} // namespace mdrescue::execute
