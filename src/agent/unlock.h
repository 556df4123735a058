// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/terminal.h"
#include "execute/context.h"
#include "model/machine.h"
#include "util/result.h"

#include <string>

namespace mdrescue::agent {

/// Opens the LUKS containers that the root filesystem is behind, under the names the recorded
/// crypttab gives them, with a passphrase typed on a console (safety: it is kept nowhere), and
/// activates the volume inside where there is one. Gives the device of the filesystem:
/// "/dev/mapper/md1_crypt", "/dev/mapper/vg0-root". Errors: no recorded container is here, no
/// passphrase was given, none of three opened it.
/// `otherwise`: what an empty answer means, for the question: "goes back".
[[nodiscard]] util::Result<std::string> unlock(execute::Context &context, Terminal &terminal,
                                               const model::MountPoint &mount,
                                               const std::string &otherwise);

} // namespace mdrescue::agent
