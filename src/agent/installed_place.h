// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/machine.h"
#include "system/system.h"
#include "util/result.h"

#include <functional>
#include <optional>
#include <string>

/// Where the filesystems of the installed system are now.
namespace mdrescue::agent {

/// Reads the present machine anew.
using InstalledObserve = std::function<util::Result<model::Machine>()>;

/// A filesystem of the installed system that can be mounted.
struct RootPlace {
    std::string device;  ///< "/dev/md1", "/dev/mapper/vg0-root"
    std::string type;    ///< "ext4"
    std::string options; ///< for mount(2): "subvol=@" where it is one of btrfs
};

/// The recorded filesystem that was mounted at `target`, where it is now; none: it was not, or is
/// not there (or not active, not unlocked).
[[nodiscard]] std::optional<RootPlace> mounted_place(const model::Machine &recorded,
                                                     const model::Machine &observed,
                                                     const std::string &target);

/// The root filesystem. Activates the logical volume it is on. `observed` is read anew when that
/// was done. Error: says where it should be.
[[nodiscard]] util::Result<RootPlace> find_root(system::System &system,
                                                const model::Machine &recorded,
                                                model::Machine &observed,
                                                const InstalledObserve &observe);

/// Whether a path inside `root` leads to a file there, links followed as seen from inside.
[[nodiscard]] bool can_be_executed(system::System &system, const std::string &root,
                                   const std::string &path);

} // namespace mdrescue::agent
