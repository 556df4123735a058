// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/medium.h"
#include "agent/modules.h"
#include "agent/terminal.h"
#include "model/machine.h"

#include <optional>
#include <string>

/// Waiting for hardware: always for a condition, with a bound, saying what is waited for.
namespace mdrescue::agent {

/// Waits at most a minute until the medium is there (a USB disk or a virtual CD can take its time),
/// less when the operator types q.
[[nodiscard]] std::optional<Medium> wait_for_medium(system::System &system, Terminal &terminal,
                                                    Modules &modules, const std::string &image_id);

/// Waits until each recorded disk can be there with its partitions and nothing new appeared for a
/// moment; or, where one is missing, until nothing new appeared for some seconds; at most half a
/// minute in all. recorded: nullptr when there is no profile.
void wait_for_disks(system::System &system, Terminal &terminal, Modules &modules,
                    const model::Machine *recorded);

} // namespace mdrescue::agent
