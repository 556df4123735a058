// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/machine.h"

namespace mdrescue::profile {

/// What a profile keeps of an observed machine: without the facts that change while nothing changes
/// (event counts, clean flags, sync actions, running states), so that the same machine gives the
/// same profile.
[[nodiscard]] model::Machine recorded(model::Machine observed);

} // namespace mdrescue::profile
