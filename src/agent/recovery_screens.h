// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/lines.h"
#include "agent/outlook.h"
#include "execute/proof.h"
#include "execute/steps.h"
#include "plan/describe.h"
#include "plan/plan.h"

#include <cstddef>
#include <string>

/// What the guided recovery shows, as pure functions.
namespace mdrescue::agent {

/// What was found, the worst first.
[[nodiscard]] Lines findings_screen(const Outlook &outlook, const model::Profile &profile);

/// The disks among which the operator chooses, numbered from 1, and why the others are out.
[[nodiscard]] Lines choice_screen(const diagnose::Vacancy &vacancy, const model::Machine &observed,
                                  const model::Profile &profile);

/// Replacement and numbered steps, one line each; with `detail` what each does and the commands for
/// doing it by hand.
[[nodiscard]] Lines plan_screen(const plan::Plan &plan, const plan::Machines &machines,
                                bool detail);

/// Which disks a plan that failed has written to.
[[nodiscard]] Lines failure_screen(const plan::Plan &plan, const plan::Machines &machines);

/// " 3/12 done     partition table of disk1"
[[nodiscard]] Line step_line(std::size_t number, std::size_t count, const std::string &title,
                             const char *state, Style style);

/// What is proven, and what is not.
[[nodiscard]] Lines proof_screen(const execute::ProofReport &report);

} // namespace mdrescue::agent
