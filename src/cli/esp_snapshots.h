// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "manifest/tree.h"
#include "model/machine.h"
#include "system/system.h"
#include "util/progress.h"
#include "util/result.h"

#include <string>
#include <vector>

namespace mdrescue::cli {

/// The files of one EFI system partition.
struct EspSnapshot {
    model::DeviceRef device;
    std::string prefix; ///< where they lie on the image: "mdrescue/esp/disk1-1"
    manifest::Tree tree;
};

/// Every EFI system partition of this machine. One that is not mounted is mounted read-only under
/// `scratch` for the time of reading; one that cannot be read is an error, since an image without
/// it would not bring the machine back.
[[nodiscard]] util::Result<std::vector<EspSnapshot>> esp_snapshots(system::System &system,
                                                                   const model::Machine &machine,
                                                                   const std::string &scratch,
                                                                   util::Progress &progress);

/// Those of another machine, whose root is a directory here: as far as their mount points there
/// hold their files; else a warning.
[[nodiscard]] util::Result<std::vector<EspSnapshot>>
esp_snapshots_below(const std::string &root, const model::Machine &machine,
                    util::Progress &progress);

/// Has the machine know of each EFI system partition the loaders that a snapshot of it holds: those
/// of one that is not mounted are seen there alone, and what has no snapshot cannot be put back.
void know_loaders(model::Machine &machine, const std::vector<EspSnapshot> &snapshots);

} // namespace mdrescue::cli
