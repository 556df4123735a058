// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "diagnose/assembly.h"
#include "model/machine.h"
#include "system/system.h"
#include "util/result.h"

#include <vector>

namespace mdrescue::execute {

/// Starts what is to be started, by mdadm; a failure is noted in `error` and the others go on.
/// True when something was started: the machine has to be probed again.
bool assemble(system::System &system, const model::Machine &observed,
              std::vector<diagnose::Assembly> &assemblies);

/// Starts a dirty and degraded array, read-only, which the kernel refuses unless told so (module
/// parameter start_dirty_degraded, kernel documentation, admin-guide/md.rst). Only after the
/// operator has typed so (safety rule 4). The parameter gets its former value back.
[[nodiscard]] util::Result<void> start_dirty(system::System &system, const model::Machine &observed,
                                             const diagnose::Assembly &assembly);

} // namespace mdrescue::execute
