// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "diagnose/assembly.h"
#include "model/machine.h"
#include "system/system.h"

#include <vector>

namespace mdrescue::execute {

/// Starts what is to be started, by mdadm; a failure is noted in `error` and the others go on.
/// True when something was started: the machine has to be probed again.
bool assemble(system::System &system, const model::Machine &observed,
              std::vector<diagnose::Assembly> &assemblies);

} // namespace mdrescue::execute
