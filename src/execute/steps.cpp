// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/steps.h"

namespace mdrescue::execute {

// The overload of each step is found by its type; a step without one does not compile.

Status check(Context &context, const plan::Step &step) {
    return std::visit([&](const auto &one) -> Status { return check(context, one); }, step);
}

util::Result<void> apply(Context &context, const plan::Step &step) {
    return std::visit([&](const auto &one) -> util::Result<void> { return apply(context, one); },
                      step);
}

} // namespace mdrescue::execute
