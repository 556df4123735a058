// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/machine.h"
#include "payload/lists.h"
#include "payload/module_index.h"
#include "util/result.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace mdrescue::payload {

/// What is asked for, before it is known what this kernel has.
struct ModuleWishes {
    std::vector<std::string> patterns; ///< of paths below the modules directory, without .ko:
                                       ///< "kernel/drivers/ata/*" (glob(7), * stops at /)
    std::vector<std::string> names; ///< module names or aliases; absent ones are simply not there
    std::vector<std::string>
        needed; ///< the same, but this machine needs them: absent ones are a warning
    std::vector<std::string> excluded; ///< patterns or names that `patterns` must not bring in
    std::vector<std::string> load;     ///< names to load at the start, in order
};

/// Understands the entries of modules.list: `PATTERN`, `NAME`, `need NAME`, `except
/// PATTERN-or-NAME`, `load NAME` (wished for and loaded at the start, in the order of the list).
[[nodiscard]] util::Result<ModuleWishes> module_wishes(const std::vector<ListEntry> &entries);

/// What the machine's own content asks for: filesystem types, levels.
void add_machine_wishes(ModuleWishes &wishes, const model::Machine &machine);

/// Modules of the drivers bound along the way to every disk, CD drive and input device of the
/// running system. sysfs: "/sys", another directory in tests. Built-in drivers have no module and
/// are not listed.
[[nodiscard]] std::set<std::string> bound_modules(const std::string &sysfs);

struct ModuleSelection {
    /// Chosen modules, each with all that must be loaded before it, first to load first: hard
    /// dependencies and soft ones, for a modprobe that knows no softdep.
    std::map<std::string, std::vector<std::string>> modules;
    std::vector<std::string> load;     ///< names to load at the start, in order; only chosen ones
    std::vector<std::string> warnings; ///< needed ones that this kernel lacks
};

/// Follows dependencies and softdeps. A softdep may fail to load where a dependency may not: of
/// several modules that answer to a softdep ("crc32c") all are chosen, but only one that loads on
/// every processor becomes a dependency.
[[nodiscard]] ModuleSelection select_modules(const ModuleIndex &index, const ModuleWishes &wishes);

/// The files of /lib/modules/VERSION that say how to load the chosen ones, by name: modules.dep,
/// modules.alias, modules.softdep, modules.builtin (formats of depmod(8)), mdrescue.load.
[[nodiscard]] std::map<std::string, std::string> dependency_files(const ModuleIndex &index,
                                                                  const ModuleSelection &selection);

} // namespace mdrescue::payload
