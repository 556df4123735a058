// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/screens.h"
#include "agent/terminal.h"
#include "execute/context.h"
#include "model/machine.h"
#include "system/system.h"
#include "util/progress.h"
#include "util/result.h"

#include <functional>
#include <optional>
#include <string>

/// The guided recovery: look, plan, ask once, do, prove. One flow for the disc and for the running
/// system; only where things lie differs.
namespace mdrescue::agent {

struct RecoveryStart {
    const model::Profile &profile;
    execute::Places places;
    std::string medium; ///< device of the medium, never written to; "" for none
    /// Every byte of the medium is read before the first write (FAULTS 22). Error: damaged.
    std::function<util::Result<void>(util::Progress &)> check_medium;
    /// The machine as it is at this moment; none: it is looked at first.
    std::optional<model::Machine> observed{};
    bool dry_run = false;    ///< show the plan and stop
    bool unattended = false; ///< ask nothing, and refuse unless the strict predicate holds
};

/// Where the log of the recovery is kept while it runs: recovery.log and recovery.jsonl.
[[nodiscard]] std::string log_directory(const execute::Places &places);

struct RecoveryEnd {
    Outcome outcome = Outcome::cancelled;
    std::string sentence;
    bool restart = false; ///< the operator wants to restart now and let md go on there
};

/// Ends without showing the result line: that is the caller's, since what follows differs.
[[nodiscard]] RecoveryEnd recover(system::System &system, Terminal &terminal,
                                  const execute::Observe &observe, const RecoveryStart &start);

} // namespace mdrescue::agent
