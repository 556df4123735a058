// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/installed_root.h"
#include "execute/kept_log.h"
#include "execute/steps.h"

#include <fmt/format.h>

namespace mdrescue::execute {
namespace {

constexpr const char *directory = "/var/log/mdrescue";
constexpr const char *name_pattern = "{}/recovery-{:03}"; // without its ending

/// The first name that is free: the clock of a rescue system may be wrong (FAULTS 35), a number is
/// not.
std::string free_name(system::System &system, const std::string &place) {
    for (unsigned number = 1;; ++number)
        if (std::string name = fmt::format(name_pattern, place, number);
            !system.exists(name + ".log") && !system.exists(name + ".jsonl"))
            return name;
}

/// Gives the name of what people read, as the installed system has it.
util::Result<std::string> save(Context &context, const InstalledRoot &root, const std::string &text,
                               const std::string &json) {
    const std::string name = free_name(context.system, root.file(directory));
    MDR_TRY(context.system.append_file(name + ".jsonl", json)); // first: .log says both are whole
    MDR_TRY(context.system.append_file(name + ".log", text));
    return name.substr(root.path() == "/" ? 0 : root.path().size()) + ".log";
}

/// Whether it is in the installed system already, from a run that could not remove it.
bool is_saved(system::System &system, const std::string &place, const std::string &text) {
    for (unsigned number = 1;; ++number) {
        const std::string name = fmt::format(name_pattern, place, number) + ".log";
        if (!system.exists(name))
            return false;
        if (const auto saved = system.read_file(name); saved && *saved == text)
            return true;
    }
}

/// Removed where it was only when it is here. This run's own log does not wait for it: /boot may be
/// mounted read-only.
void move_kept_log(Context &context, const InstalledRoot &root) {
    const auto kept = kept_log(context);
    if (!kept)
        return;
    util::Result<void> moved;
    if (!is_saved(context.system, root.file(directory), kept->text))
        if (const auto saved = save(context, root, kept->text, kept->json); !saved)
            moved = tl::unexpected(saved.error());
    if (moved)
        moved = remove_kept_log(context, *kept);
    if (!moved)
        context.progress.warn(fmt::format("{} cannot be moved to {}: {}", kept->path, directory,
                                          moved.error().message));
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
    move_kept_log(context, root);
    MDR_TRY_ASSIGN(std::string name,
                   save(context, root, context.journal.text(), context.journal.json()));
    context.journal.saved(std::move(name));
    return {};
}

} // namespace mdrescue::execute
