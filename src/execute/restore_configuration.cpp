// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/steps.h"

#include "etc/fstab.h"
#include "execute/installed_root.h"
#include "execute/installed_tables.h"
#include "probe/mounts.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>

namespace mdrescue::execute {
namespace {

using util::Result;
using Changes = std::vector<TableChange>;

constexpr std::chrono::milliseconds mount_limit = std::chrono::minutes(2);

/// A system that mounts by other means has nothing to put back.
Result<Changes> restore(Context &context, const InstalledRoot &root, Writing writing) {
    if (!context.system.exists(root.file("/etc/fstab")))
        return Changes{};
    return restore_tables_without(
        {context.plan.lost, context.plan.lost_parts, context.profile.machine, context.observed},
        context.system, root.path(), writing);
}

/// What does not work here is for the operator to know: the files are as they were, and that is
/// what counts at the next start.
void try_command(Context &context, std::vector<std::string> argv) {
    const auto result =
        system::run_ok(context.system, {.argv = std::move(argv), .limit = mount_limit});
    if (!result)
        context.progress.warn(result.error().message);
}

std::set<std::string> mounted_now(system::System &system) {
    std::set<std::string> targets;
    for (const probe::MountLine &line :
         probe::parse_mountinfo(system.read_file("/proc/self/mountinfo").value_or("")))
        targets.insert(line.target);
    return targets;
}

void use_again(Context &context, const std::string &line) {
    const auto entry = etc::parse_fstab(line).lines.front().entry;
    if (entry && entry->type == "swap")
        try_command(context, {"swapon", "--all", "--ifexists"}); // not those in use already
    else if (entry && !mounted_now(context.system).contains(entry->target))
        try_command(context, {"mount", "--", entry->target});
}

/// The running system takes back what it was started without.
void use_again(Context &context, const Changes &changes) {
    if (context.system.exists("/run/systemd/system")) // sd_booted(3)
        try_command(context, {"systemctl", "daemon-reload"});
    for (const TableChange &change : changes)
        if (change.path == "/etc/fstab")
            for (const std::string &line : change.put_back)
                use_again(context, line);
}

} // namespace

Status check(Context &context, const plan::RestoreConfiguration & /*step*/) {
    if (is_locked(context))
        return locked_out();
    const auto root = InstalledRoot::open(context, false);
    if (!root)
        return Status::blocked(root.error().message);
    const auto changes = restore(context, *root, Writing::dry_run);
    if (!changes)
        return Status::blocked(changes.error().message);
    std::size_t lines = 0;
    for (const TableChange &change : *changes)
        lines += change.put_back.size() + change.taken_out.size();
    return lines == 0 ? Status::done() : Status::not_done(fmt::format("{} lines to change", lines));
}

Result<void> apply(Context &context, const plan::RestoreConfiguration & /*step*/) {
    // Safety rules 7 and 8: InstalledRoot refuses a root whose array is not whole; line by line.
    MDR_TRY_ASSIGN(const InstalledRoot root, InstalledRoot::open(context, true));
    MDR_TRY_ASSIGN(const Changes changes, restore(context, root, Writing::really));
    for (const TableChange &change : changes) {
        for (const std::string &line : change.put_back)
            context.journal.note("put_back",
                                 fmt::format("{}: put back: {}", change.path, shown_line(line)),
                                 {{"file", change.path}, {"line", line}});
        for (const std::string &line : change.taken_out)
            context.journal.note(
                "taken_out",
                fmt::format("{}: taken out, its data is lost: {}", change.path, shown_line(line)),
                {{"file", change.path}, {"line", line}});
    }
    MDR_TRY(context.system.sync(root.path()));
    if (context.places.online)
        use_again(context, changes);
    return {};
}

} // namespace mdrescue::execute
