// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "etc/bypass.h"
#include "execute/lost_sources.h"
#include "execute/missing_sources.h"
#include "model/machine.h"
#include "system/system.h"
#include "util/result.h"

#include <string>
#include <string_view>
#include <vector>

/// /etc/fstab and /etc/crypttab of an installed system, where they lie. They are on its root
/// filesystem: written only after consent (safety rules 7 and 8), each completely or not at all,
/// and not at all where nothing changes.
namespace mdrescue::execute {

struct TableChange {
    std::string path;                   ///< "/etc/fstab", as the installed system names it
    std::vector<std::string> taken_out; ///< lines: raw, as their author wrote them
    std::vector<std::string> put_back;
};

enum class Writing { really, dry_run };

/// Takes out the entries of devices that are missing. root: where the system is mounted, "/" for
/// the running one. Those without a change are left out of the answer. Errors: no fstab there, not
/// a regular file, not writable.
[[nodiscard]] util::Result<std::vector<TableChange>>
bypass_tables(system::System &system, const std::string &root, const model::Machine &observed,
              const model::Machine *recorded, Writing writing);

/// Puts them back, byte for byte, whatever is missing.
[[nodiscard]] util::Result<std::vector<TableChange>>
restore_tables(system::System &system, const std::string &root, Writing writing);

/// The same, but what lay on what is lost is taken out, with a mark that nothing puts back.
[[nodiscard]] util::Result<std::vector<TableChange>> restore_tables_without(const Lost &lost,
                                                                            system::System &system,
                                                                            const std::string &root,
                                                                            Writing writing);

/// A line of them for people: one blank between its fields, printable.
[[nodiscard]] std::string shown_line(std::string_view line);

} // namespace mdrescue::execute
