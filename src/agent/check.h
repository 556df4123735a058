// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/medium.h"
#include "util/progress.h"
#include "util/result.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace mdrescue::agent {

/// Takes all that is read from the medium, in order.
using Reader = std::function<void(std::string_view bytes)>;

struct CheckReport {
    std::uint64_t bytes = 0; ///< read
    std::vector<std::string>
        damaged; ///< files (raw names), or "boot records" for all outside files
    [[nodiscard]] bool sound() const { return damaged.empty(); }
};

/// Checks every byte of the image on the medium: one linear read, which is what a CD is fastest at,
/// against the digest in its volume descriptor; only when that fails, file by file, to name what is
/// damaged. `also` sees the image in the linear read, as it was built. Errors: the digests
/// themselves are gone; util::cancelled() on util::cancel_requested.
[[nodiscard]] util::Result<CheckReport> check_medium(system::System &system, const Medium &medium,
                                                     util::Progress &progress,
                                                     const Reader &also = {});

/// The size of the image on the medium in bytes; 0 when it does not say.
[[nodiscard]] std::uint64_t image_size(system::System &system, const Medium &medium);

} // namespace mdrescue::agent
