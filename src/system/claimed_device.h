// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "system/system.h"
#include "util/result.h"

#include <memory>
#include <string>

namespace mdrescue::system {

/// System::claim() of this machine.
[[nodiscard]] util::Result<std::unique_ptr<ClaimedDevice>> claim_device(const std::string &path);

} // namespace mdrescue::system
