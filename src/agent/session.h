// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/arguments.h"
#include "agent/terminal.h"
#include "model/machine.h"
#include "system/system.h"

#include <functional>

namespace mdrescue::agent {

/// How a session ends.
enum class Ending {
    restart,
    power_off,
    installed, ///< process 1 goes to the installed system, which is mounted (installed.h)
};

/// Reads the present machine: probe::collect and probe::interpret, or a test's machine.
using Observe = std::function<util::Result<model::Machine>()>;

/// One session from the first driver to the end: looks for the medium and the machine, assembles
/// the recorded arrays read-only, shows all that, and serves the menu until the operator ends it.
[[nodiscard]] Ending run_session(system::System &system, Terminal &terminal, const Observe &observe,
                                 const Arguments &arguments);

} // namespace mdrescue::agent
