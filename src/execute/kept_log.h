// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "execute/context.h"

#include <optional>
#include <string>

/// The log of a recovery that was left before md had rebuilt everything. The root filesystem takes
/// none until its arrays are whole (safety rule 7); a filesystem that this recovery restored does.
/// SaveLog, on the installed system, moves it to the others.
namespace mdrescue::execute {

struct KeptLog {
    std::string path; ///< "/boot/mdrescue-recovery.log"
    std::string text; ///< for people
    std::string json; ///< JSON lines
};

/// Writes the journal beside the files of a filesystem that this plan has restored and the machine
/// mounts. Gives the file's name on the installed system. Error: there is no such filesystem, its
/// disk is no replacement of this plan, or it cannot be written to.
[[nodiscard]] util::Result<std::string> keep_log(Context &context);

/// On the running installed system: what keep_log() left there. None from the disc.
[[nodiscard]] std::optional<KeptLog> kept_log(Context &context);

/// The directory's time stays what it was: it is part of what an image records.
[[nodiscard]] util::Result<void> remove_kept_log(Context &context, const KeptLog &log);

} // namespace mdrescue::execute
