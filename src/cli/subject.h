// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cli/commands.h"
#include "cli/esp_snapshots.h"
#include "manifest/tree.h"

/// What is read of the machine that a command is about: this one, or one that a profile and a root
/// directory stand for.
namespace mdrescue::cli {

[[nodiscard]] bool this_machine(const Subject &subject);
[[nodiscard]] util::Result<model::Machine> machine_of(const Context &context,
                                                      const Subject &subject);
[[nodiscard]] util::Result<manifest::Tree> boot_snapshot(const Subject &subject,
                                                         util::Progress &progress);
/// scratch: as for esp_snapshots().
[[nodiscard]] util::Result<std::vector<EspSnapshot>> esps_of(const Context &context,
                                                             const Subject &subject,
                                                             const model::Machine &machine,
                                                             const std::string &scratch);

} // namespace mdrescue::cli
