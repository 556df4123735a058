// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "execute/context.h"
#include "execute/steps.h"

#include <cstddef>
#include <string>

/// Does a plan, in order. The plan shown is the plan run.
namespace mdrescue::execute {

/// Told what happens; draws it.
class Watcher {
  public:
    virtual ~Watcher() = default;
    virtual void begins(std::size_t step) = 0;
    /// Done already, done now, or skipped; else what the run ends with.
    virtual void ended(std::size_t step, const Status &status) = 0;
};

struct RunResult {
    enum class Kind {
        done,    ///< every step says done, or was skipped
        stopped, ///< by the operator between two steps; starting again goes on
        blocked, ///< a step says it must not be done
        failed,  ///< a step failed, or did not say done afterwards
    };
    Kind kind = Kind::done;
    std::size_t step = 0; ///< where it ended
    util::Error error;    ///< blocked, failed
};

/// Steps first … last-1. Looks at util::cancel_requested between two steps.
[[nodiscard]] RunResult run_steps(Context &context, Watcher &watcher, std::size_t first,
                                  std::size_t last);

/// Index of the first step that looks into the installed system's root: it has to be open by then.
[[nodiscard]] std::size_t root_point(const plan::Plan &plan);

/// Index of the step that waits for the rebuild, or the number of steps where none does: up to
/// there nothing waits for md, and from there on the machine may be restarted and md goes on by
/// itself.
[[nodiscard]] std::size_t restart_point(const plan::Plan &plan);

/// Index of the step that saves the log, or the number of steps where none does: what is proven
/// before it is part of the log.
[[nodiscard]] std::size_t log_point(const plan::Plan &plan);

} // namespace mdrescue::execute
