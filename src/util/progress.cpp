// SPDX-License-Identifier: GPL-3.0-or-later
#include "util/progress.h"

namespace mdrescue::util {

std::atomic<bool> cancel_requested{false};

tl::unexpected<Error> cancelled() {
    return fail("cancelled", "Nothing was left behind; start again when you like.");
}

} // namespace mdrescue::util
