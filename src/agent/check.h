// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/medium.h"
#include "util/progress.h"
#include "util/result.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mdrescue::agent {

struct CheckReport {
    std::uint64_t bytes = 0; ///< read
    std::vector<std::string>
        damaged; ///< files (raw names), or "boot records" for all outside files
    [[nodiscard]] bool sound() const { return damaged.empty(); }
};

/// Checks every byte of the image on the medium: one linear read, which is what a CD is fastest at,
/// against the digest in its volume descriptor; only when that fails, file by file, to name what is
/// damaged. Errors: the digests themselves are gone; util::cancelled() on util::cancel_requested.
[[nodiscard]] util::Result<CheckReport> check_medium(system::System &system, const Medium &medium,
                                                     util::Progress &progress);

} // namespace mdrescue::agent
