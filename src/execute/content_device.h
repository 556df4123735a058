// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "execute/context.h"

#include <functional>
#include <string>

namespace mdrescue::execute {

/// The device that holds, by the record, what `matches` is true for: an array or a partition of
/// one, else a disk or a partition of one; "" when nothing does. Never a member: its content is
/// recorded as that. Error: the device is not here now.
[[nodiscard]] util::Result<std::string>
device_with(Context &context, const std::function<bool(const model::Content &)> &matches);

} // namespace mdrescue::execute
