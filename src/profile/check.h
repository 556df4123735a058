// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/machine.h"
#include "util/result.h"

namespace mdrescue::profile {

/// What the types cannot say: disk ids are there and used once, members name disks that exist,
/// sector sizes are powers of two, a boot area holds no more bytes than its size. Errors name the
/// field by its path.
[[nodiscard]] util::Result<void> check(const model::Machine &machine);

} // namespace mdrescue::profile
