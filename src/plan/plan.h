// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "diagnose/candidates.h"
#include "diagnose/findings.h"
#include "model/machine.h"
#include "plan/step.h"
#include "util/result.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace mdrescue::plan {

/// What the operator chose.
struct Answers {
    std::map<std::string, std::string> replacements; ///< recorded Disk::id → observed Disk::id
};

/// A disk that is written to.
struct Replacement {
    std::string recorded;                                 ///< Disk::id in the profile
    std::string observed;                                 ///< Disk::id in the observed machine
    diagnose::Fitness fitness = diagnose::Fitness::blank; ///< resumed, blank or ask
    bool operator==(const Replacement &) const = default;
};

struct Plan {
    std::vector<Replacement> replacements;
    std::map<std::string, std::string>
        disks;                       ///< recorded → observed Disk::id, of every disk a step names
    std::vector<Step> steps;         ///< in the order they are done
    std::vector<std::string> lost{}; ///< UUIDs of arrays whose data is gone (FAULTS 32): nothing is
                                     ///< done to them, and what lay on them leaves fstab
    std::vector<model::DeviceRef> lost_parts{}; ///< recorded places on replaced disks whose content
                                                ///< is not made again: LUKS, LVM, filesystems that
                                                ///< cannot be; what lay there leaves fstab, too
    bool operator==(const Plan &) const = default;
};

/// Which disk takes the place of a recorded one; nullptr for a survivor.
[[nodiscard]] inline const Replacement *replacement_of(const Plan &plan,
                                                       const std::string &recorded) {
    for (const Replacement &one : plan.replacements)
        if (one.recorded == recorded)
            return &one;
    return nullptr;
}

[[nodiscard]] inline bool loses_data(const Plan &plan) {
    return !plan.lost.empty() || !plan.lost_parts.empty();
}

[[nodiscard]] inline bool is_lost(const Plan &plan, const std::string &array) {
    return std::find(plan.lost.begin(), plan.lost.end(), array) != plan.lost.end();
}

/// profile × observed machine × answers → steps. Pure: no files, no clock, no randomness. What is
/// done already is planned all the same: each step says Done when it looks at the disks. Errors: a
/// finding refuses, a vacancy has no answer (names the choices), an answer names a disk that is
/// unfit, part of the record is not supported natively (names it).
[[nodiscard]] util::Result<Plan>
make_plan(const model::Profile &profile, const model::Machine &observed,
          const diagnose::Comparison &comparison, const std::vector<diagnose::Assembly> &assemblies,
          const std::vector<diagnose::Vacancy> &vacancies, const Answers &answers);

} // namespace mdrescue::plan
