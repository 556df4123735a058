// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/installed_root.h"
#include "execute/kept_log.h"
#include "execute/steps.h"

#include <fmt/format.h>

namespace mdrescue::execute {
namespace {

constexpr const char *directory = "/var/log/mdrescue";

/// The first name that is free: the clock of a rescue system may be wrong (FAULTS 35), a number is
/// not.
std::string free_name(system::System &system, const std::string &place) {
    for (unsigned number = 1;; ++number)
        if (std::string name = fmt::format("{}/recovery-{:03}", place, number);
            !system.exists(name + ".log"))
            return name;
}

/// Gives the name of what people read, as the installed system has it.
util::Result<std::string> save(Context &context, const InstalledRoot &root, const std::string &text,
                               const std::string &json) {
    const std::string name = free_name(context.system, root.file(directory));
    MDR_TRY(context.system.append_file(name + ".log", text));
    MDR_TRY(context.system.append_file(name + ".jsonl", json));
    return name.substr(root.path() == "/" ? 0 : root.path().size()) + ".log";
}

/// Removed where it was only when it is here.
util::Result<void> move_kept_log(Context &context, const InstalledRoot &root) {
    const auto kept = kept_log(context);
    if (!kept)
        return {};
    MDR_TRY(save(context, root, kept->text, kept->json));
    return remove_kept_log(context, *kept);
}

} // namespace

/// What was noted since the log was saved is of no weight: it is saved once, at the end.
Status check(Context &context, const plan::SaveLog & /*step*/) {
    if (!context.journal.saved_as().empty())
        return Status::done(context.journal.saved_as());
    return is_locked(context) ? locked_out() : Status::not_done();
}

util::Result<void> apply(Context &context, const plan::SaveLog & /*step*/) {
    MDR_TRY_ASSIGN(const InstalledRoot root, InstalledRoot::open(context, true));
    MDR_TRY(context.system.make_directory(root.file(directory)));
    MDR_TRY(move_kept_log(context, root));
    MDR_TRY_ASSIGN(std::string name,
                   save(context, root, context.journal.text(), context.journal.json()));
    context.journal.saved(std::move(name));
    return {};
}

} // namespace mdrescue::execute
