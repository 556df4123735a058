// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/machine.h"

namespace mdrescue::profile {

/// What a profile keeps of an observed machine: without the facts that change while nothing changes
/// (event counts, clean flags, sync actions, running states), so that the same machine gives the
/// same profile.
[[nodiscard]] model::Machine recorded(model::Machine observed);

/// Whether `before` records the machine of `now` when no array lacked a member, and the layout has
/// not changed since: the same arrays in the same shape, and on each disk a partition table that
/// was there then, by its id. What it says of a dead disk is all that is known of it.
[[nodiscard]] bool is_whole_record_of(const model::Profile &before, const model::Profile &now);

} // namespace mdrescue::profile
