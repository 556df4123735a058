// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "diagnose/diagnose.h"
#include "diagnose/survey.h"
#include "model/machine.h"

#include <cstdint>
#include <string>
#include <vector>

/// Which observed disk could take the place of a recorded one. Pure.
namespace mdrescue::diagnose {

enum class Fitness {
    resumed, ///< carries the start marker for this disk and nothing but this plan's own output
    blank,   ///< yes after a plain confirmation
    ask,     ///< no signature, but not blank: only after the end of its serial was typed
    unfit,   ///< never
};

struct Candidate {
    std::string observed; ///< Disk::id in the observed machine
    Fitness fitness = Fitness::unfit;
    std::string reason;              ///< why it is unfit, or what is on it; words, printable
    std::uint64_t bytes_missing = 0; ///< when it is too small
    bool operator==(const Candidate &) const = default;
};

/// A recorded disk that is not here, or is here half-written, and every disk that could or could
/// not replace it (observed order; disks that answer for another recorded disk are left out).
struct Vacancy {
    std::string recorded; ///< Disk::id in the profile
    std::vector<Candidate> candidates;
    bool operator==(const Vacancy &) const = default;
};

/// Those that could be written to, in order.
[[nodiscard]] std::vector<Candidate> choices(const Vacancy &vacancy);

/// In the profile's order. medium: device the recovery runs from ("/dev/sr0"), never a candidate.
[[nodiscard]] std::vector<Vacancy>
find_vacancies(const model::Profile &profile, const model::Machine &observed,
               const Comparison &comparison, const Surveys &surveys, const std::string &medium);

/// Bytes that partitions (and GPT's backup table) of the record need on a disk of its sector size.
[[nodiscard]] std::uint64_t bytes_needed(const model::Disk &recorded);

/// Whether a disk is read at all: not the medium, not removable or read-only. One that is in use is
/// read up to its first content, and for its marker: md may have rebuilt what was never finished.
[[nodiscard]] bool worth_surveying(const model::Disk &observed, const std::string &medium);

} // namespace mdrescue::diagnose
