// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/machine.h"

#include <string>

namespace mdrescue::cli {

/// The machine for a person: which disk with which serial sits where, what lives on it, who depends
/// on it; arrays in the [UU_UU] notation; what is wrong, in red where colours are allowed. Pure.
[[nodiscard]] std::string machine_table(const model::Machine &machine, bool colour);

} // namespace mdrescue::cli
