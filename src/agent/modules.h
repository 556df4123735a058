// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "system/system.h"
#include "util/result.h"

#include <set>
#include <string>
#include <vector>

namespace mdrescue::agent {

/// Loads kernel modules by busybox's modprobe, which reads modules.dep and modules.alias once for
/// a whole list: a program started for each device would take most of the start-up time.
class Modules {
  public:
    explicit Modules(system::System &system) : system_(system) {}

    /// Those in /lib/modules/VERSION/mdrescue.load, in that order. A module for hardware that is
    /// not here is nothing special; one the kernel refuses (a signature it does not accept, a part
    /// that is missing) is told in the words returned: without it there may be no disks at all.
    [[nodiscard]] util::Result<std::vector<std::string>> load_listed();

    /// Modules for the devices the kernel has found by now that were not seen before, and for those
    /// that come with them. Drivers go on finding devices for a while: call again.
    [[nodiscard]] util::Result<void> coldplug();

  private:
    [[nodiscard]] std::set<std::string> unknown_aliases() const;

    system::System &system_;
    std::set<std::string> seen_;
};

/// md must not write to an array because it was started (md(4), start_ro). Error: it cannot be
/// set, so nothing may be assembled.
[[nodiscard]] util::Result<void> start_arrays_read_only(system::System &system);

} // namespace mdrescue::agent
