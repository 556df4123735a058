// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/steps.h"

#include "execute/device_content.h"
#include "execute/mounting.h"
#include "execute/own_output.h"
#include "plan/filesystems.h"
#include "util/text.h"

#include <fmt/format.h>

namespace mdrescue::execute {
namespace {

using model::Filesystem;
using util::fail;
using util::Result;

constexpr const char *not_whole = "it is not whole";

/// mkfs of a large slow disk writes a lot.
constexpr std::chrono::minutes making_limit{60};

bool is_ext(const Filesystem &filesystem) { return filesystem.type.starts_with("ext"); }

/// Reads without changing anything, and ends with 0 when all is well.
std::vector<std::string> reading_fsck(const Filesystem &filesystem, const std::string &path) {
    if (is_ext(filesystem))
        return {"e2fsck", "-f", "-n", path};
    if (filesystem.type == "xfs")
        return {"xfs_repair", "-n", path};
    return filesystem.type == "vfat" ? std::vector<std::string>{"fsck.vfat", "-n", path}
                                     : std::vector<std::string>{};
}

/// A superblock alone may be what a power cut left of a filesystem that was being made. One that is
/// mounted is in use already.
Result<bool> sound(Context &context, const Filesystem &filesystem, const std::string &path) {
    const auto argv = reading_fsck(filesystem, path);
    MDR_TRY_ASSIGN(const bool used, mounted(context.system, path));
    if (argv.empty() || used)
        return true;
    MDR_TRY_ASSIGN(const system::Output output,
                   context.system.run({.argv = argv, .limit = making_limit}));
    return output.status == 0;
}

/// How far a device is from the filesystem wanted.
struct Found {
    std::string path;
    enum class State {
        nothing,    ///< empty
        unlike,     ///< the plan's own, but not whole or not as recorded
        adjustable, ///< tune2fs is left to do
        right,
    };
    State state = State::nothing;
    std::string reason;
    std::vector<std::string> adjust; ///< argv
};

Result<void> refuse_unknown(Context &context, const plan::MakeFilesystem &step,
                            const DeviceContent &content, const std::string &path) {
    if (!plan::can_make(step.filesystem))
        return fail(
            fmt::format("a filesystem of type {} like the recorded one cannot be made again "
                        "by this version",
                        util::printable(step.filesystem.type)));
    if (!content.empty() && !own_output(context.plan, step.device, content))
        return fail(fmt::format("{} carries {}", path, words(content)));
    return {};
}

/// Error: the step must not be done.
Result<Found> look(Context &context, const plan::MakeFilesystem &step) {
    Found found;
    MDR_TRY_ASSIGN(found.path, context.device(step.device));
    MDR_TRY_ASSIGN(const DeviceContent content, look_at(context.system, found.path));
    MDR_TRY(refuse_unknown(context, step, content, found.path));
    if (content.empty())
        return found;
    found.state = Found::State::unlike;
    if (!content.filesystem) {
        found.reason = "its superblock is damaged";
        return found;
    }
    const auto differences = plan::differences(step.filesystem, *content.filesystem);
    if (!differences.empty()) {
        found.reason = differences.front();
        return found;
    }
    MDR_TRY_ASSIGN(const bool whole, sound(context, step.filesystem, found.path));
    if (!whole) {
        found.reason = not_whole;
        return found;
    }
    found.adjust = plan::adjust_command(step.filesystem, *content.filesystem, found.path);
    found.state = found.adjust.empty() ? Found::State::right : Found::State::adjustable;
    return found;
}

/// What a power cut left of a filesystem in use is made whole by its own log, when it is mounted.
void replay(Context &context, const plan::MakeFilesystem &step, const std::string &path) {
    const std::string &type = step.filesystem.type;
    if (type != "ext3" && type != "ext4" && type != "xfs")
        return;
    if (auto replayed = Mounted::open(context, {path, type}, "replay", true))
        static_cast<void>(replayed->close()); // looked at again, whatever came of it
}

Result<Found> make(Context &context, const plan::MakeFilesystem &step, const std::string &path) {
    Result<Found> found = fail("no command makes it");
    for (auto &argv : plan::make_commands(step.filesystem, path)) {
        const auto made =
            system::run_ok(context.system, {.argv = std::move(argv), .limit = making_limit});
        found = made ? look(context, step) : Result<Found>(tl::unexpected(made.error()));
        if (found &&
            (found->state == Found::State::right || found->state == Found::State::adjustable))
            break;
    }
    return found;
}

} // namespace

Status check(Context &context, const plan::MakeFilesystem &step) {
    const auto found = look(context, step);
    if (!found)
        return Status::blocked(found.error().message);
    return found->state == Found::State::right ? Status::done() : Status::not_done(found->reason);
}

Result<void> apply(Context &context, const plan::MakeFilesystem &step) {
    // Safety rule 2: a partition of the disk consented to, not in use, empty or half made by this
    // plan.
    MDR_TRY_ASSIGN(Found found, look(context, step));
    if (found.state == Found::State::right)
        return {};
    MDR_TRY(confirm_target(context, step.device.disk));
    MDR_TRY(confirm_unused(context.system, found.path));
    if (found.reason == not_whole) {
        replay(context, step, found.path);
        MDR_TRY(confirm_unused(context.system, found.path)); // it may not have been let go
        MDR_TRY_ASSIGN(found, look(context, step));
    }
    if (found.state == Found::State::nothing || found.state == Found::State::unlike) {
        MDR_TRY_ASSIGN(found, make(context, step, found.path));
    }
    if (found.state == Found::State::adjustable) {
        MDR_TRY(system::run_ok(context.system, {.argv = found.adjust}));
        MDR_TRY_ASSIGN(found, look(context, step));
    }
    if (found.state != Found::State::right)
        return fail(fmt::format("the {} on {} was made, but {}", step.filesystem.type, found.path,
                                found.reason.empty() ? "it is not there" : found.reason));
    return {};
}

} // namespace mdrescue::execute
