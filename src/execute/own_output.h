// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "execute/device_content.h"
#include "plan/plan.h"

namespace mdrescue::execute {

/// What is on a partition of a replacement is what the plan makes of it: a member of the array it
/// is added to, or the filesystem with the recorded type and UUID, and nothing beside. Whether it
/// is whole is not said.
[[nodiscard]] bool own_output(const plan::Plan &plan, const model::DeviceRef &device,
                              const DeviceContent &content);

} // namespace mdrescue::execute
