// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "execute/context.h"
#include "plan/step.h"
#include "util/result.h"

#include <string>

/// Each step can look (check), do itself (apply), and then look again. One file for each.
/// check() changes nothing. apply() is called after check() said NotDone, and ends with everything
/// on the disk; it may be called on what an interrupted apply() left behind.
namespace mdrescue::execute {

struct Status {
    enum class Kind {
        done,
        not_done,
        blocked,
        skipped, ///< of an optional step (plan::optional): it cannot be done, and nothing depends
                 ///< on it
    };
    Kind kind = Kind::not_done;
    std::string reason{}; ///< blocked, skipped: why, and what to do; done or not_done: a detail for
                          ///< the log, may be ""

    static Status done(std::string detail = {}) { return {Kind::done, std::move(detail)}; }
    static Status not_done(std::string detail = {}) { return {Kind::not_done, std::move(detail)}; }
    static Status blocked(std::string reason) { return {Kind::blocked, std::move(reason)}; }
    static Status skipped(std::string reason) { return {Kind::skipped, std::move(reason)}; }
};

#define MDR_STEP(Name)                                                                             \
    [[nodiscard]] Status check(Context &context, const plan::Name &step);                          \
    [[nodiscard]] util::Result<void> apply(Context &context, const plan::Name &step)

MDR_STEP(MarkDisk);             // mark_disk.cpp
MDR_STEP(WriteTable);           // write_table.cpp
MDR_STEP(WipeSignatures);       // wipe_signatures.cpp
MDR_STEP(MakeWritable);         // make_writable.cpp
MDR_STEP(AddMember);            // add_member.cpp
MDR_STEP(MakeFilesystem);       // make_filesystem.cpp
MDR_STEP(RestoreFiles);         // restore_files.cpp
MDR_STEP(InstallBootLoader);    // install_boot_loader.cpp
MDR_STEP(MakeBootEntry);        // make_boot_entry.cpp
MDR_STEP(UnmarkDisk);           // mark_disk.cpp
MDR_STEP(WaitForRebuild);       // rebuild.cpp
MDR_STEP(RestoreConfiguration); // restore_configuration.cpp
MDR_STEP(RememberBootDisk);     // remember_boot_disk.cpp
MDR_STEP(SaveLog);              // save_log.cpp

#undef MDR_STEP

[[nodiscard]] Status check(Context &context, const plan::Step &step);
[[nodiscard]] util::Result<void> apply(Context &context, const plan::Step &step);

} // namespace mdrescue::execute
