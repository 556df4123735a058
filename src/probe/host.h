// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probe/observation.h"

namespace mdrescue::probe {

/// The running system itself: facts "system/…" and "file/<path>" for the configuration files that
/// are kept word for word.
void collect_host(Collector &collector);

/// Fills names, versions and files; warns of lines in the files that their programs would not
/// understand.
void read_host(Observation &observation, model::Machine &machine);

} // namespace mdrescue::probe
