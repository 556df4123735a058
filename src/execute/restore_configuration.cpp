// SPDX-License-Identifier: GPL-3.0-or-later
#include "etc/fstab.h"
#include "execute/installed_root.h"
#include "execute/installed_tables.h"
#include "execute/steps.h"
#include "util/text.h"

#include <fmt/format.h>

namespace mdrescue::execute {
namespace {

using util::Result;

std::vector<etc::FstabEntry> entries_of(const std::vector<TableChange> &changes) {
    std::vector<etc::FstabEntry> entries;
    for (const TableChange &change : changes)
        if (change.path == "/etc/fstab")
            for (const std::string &line : change.lines)
                for (etc::FstabLine &parsed : etc::parse_fstab(line).lines)
                    if (parsed.entry)
                        entries.push_back(std::move(*parsed.entry));
    return entries;
}

bool automatic(const etc::FstabEntry &entry) {
    for (const std::string_view option : util::split(entry.options, ','))
        if (option == "noauto")
            return false;
    return true;
}

/// The running system uses again what it had to do without.
Result<void> use_again(Context &context, const std::vector<TableChange> &changes) {
    if (context.system.exists("/run/systemd/system"))
        MDR_TRY(system::run_ok(context.system, {.argv = {"systemctl", "daemon-reload"}}));
    MDR_TRY_ASSIGN(const std::string mounts, context.system.read_file("/proc/self/mounts"));
    for (const etc::FstabEntry &entry : entries_of(changes)) {
        if (!automatic(entry))
            continue;
        if (entry.type == "swap")
            MDR_TRY(system::run_ok(context.system, {.argv = {"swapon", "--all", "--ifexists"}}));
        else if (mounts.find(" " + entry.target + " ") == std::string::npos)
            MDR_TRY(system::run_ok(context.system, {.argv = {"mount", entry.target}}));
    }
    return {};
}

} // namespace

Status check(Context &context, const plan::RestoreConfiguration & /*step*/) {
    const auto root = InstalledRoot::open(context, false);
    if (!root)
        return Status::blocked(root.error().message);
    const auto changes = restore_tables(context.system, root->path(), Writing::dry_run);
    if (!changes)
        return Status::blocked(changes.error().message);
    return changes->empty() ? Status::done()
                            : Status::not_done(fmt::format("{} has lines that were taken out",
                                                           changes->front().path));
}

Result<void> apply(Context &context, const plan::RestoreConfiguration & /*step*/) {
    // Safety rules 7 and 8: on the root filesystem, whose array is whole by now (InstalledRoot
    // refuses else), and byte for byte.
    MDR_TRY_ASSIGN(const InstalledRoot root, InstalledRoot::open(context, true));
    MDR_TRY_ASSIGN(const auto changes,
                   restore_tables(context.system, root.path(), Writing::really));
    for (const TableChange &change : changes)
        for (const std::string &line : change.lines)
            context.journal.note("put_back", fmt::format("{}: {}", change.path, shown_line(line)));
    return context.places.online ? use_again(context, changes) : Result<void>();
}

} // namespace mdrescue::execute
