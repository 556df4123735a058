// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/terminal.h"
#include "diagnose/assembly.h"
#include "diagnose/candidates.h"
#include "diagnose/diagnose.h"
#include "diagnose/findings.h"
#include "model/machine.h"
#include "system/system.h"

#include <string>
#include <vector>

namespace mdrescue::agent {

/// Everything a recovery decides by, from one look at the machine.
struct Outlook {
    model::Machine observed;
    diagnose::Comparison comparison;
    std::vector<diagnose::Assembly> assemblies;
    std::vector<diagnose::Vacancy> vacancies;
    std::vector<diagnose::Finding> findings;
};

/// Compares the machine as it is now, and reads the disks that could be replacements (read-only;
/// says which on the terminal). medium: device the recovery runs from.
[[nodiscard]] Outlook look_at(system::System &system, Terminal &terminal, model::Machine observed,
                              const model::Profile &profile, const std::string &medium);

/// Why the unattended recovery must not begin; "" when its strict predicate holds: the right
/// machine, nothing that refuses, exactly one disk missing, exactly one disk that could replace it,
/// and that one blank (or begun by this recovery before), no member out of date. The medium is
/// checked apart. Pure.
[[nodiscard]] std::string unattended_objection(const Outlook &outlook);

} // namespace mdrescue::agent
