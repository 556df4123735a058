// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/run.h"

#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>

namespace mdrescue::execute {
namespace {

using Kind = RunResult::Kind;

std::string title(const Context &context, std::size_t step) {
    return plan::title(context.plan.steps[step], context.plan, context.machines());
}

void note_beginning(Context &context, std::size_t index) {
    const plan::Step &step = context.plan.steps[index];
    std::string command;
    for (const std::string &word : plan::command(step, context.plan, context.machines()))
        command += (command.empty() ? "" : " ") + util::shell_quoted(word);
    context.journal.note(
        "begin",
        fmt::format("{} of {}: {}", index + 1, context.plan.steps.size(), title(context, index)),
        {{"step", std::to_string(index + 1)}, {"command", command}});
}

void note_end(Context &context, std::size_t index, const char *outcome, const std::string &detail) {
    context.journal.note(
        "end",
        fmt::format("{}: {}{}", title(context, index), outcome,
                    detail.empty() ? "" : ", " + detail),
        {{"step", std::to_string(index + 1)}, {"outcome", outcome}, {"detail", detail}});
}

/// How one step ended.
struct Ended {
    Kind kind = Kind::done; ///< also for a step that was skipped
    Status status;
    std::string hint{}; ///< of an error
};

Ended failed(Status status, std::string hint = {}) {
    return {Kind::failed, std::move(status), std::move(hint)};
}

/// Looks, does it where it is not done, and looks again: a step that does not say done has failed.
Ended run_needed(Context &context, const plan::Step &step) {
    Status status = check(context, step);
    if (status.kind == Status::Kind::not_done) {
        if (auto applied = apply(context, step); !applied) {
            const util::Error &error = applied.error();
            Ended ended = failed(Status::not_done(error.message), error.hint);
            if (util::cancel_requested)
                ended.kind = Kind::stopped;
            return ended;
        }
        status = check(context, step);
        if (status.kind == Status::Kind::not_done)
            return failed(
                Status::not_done("it was done, but what is read back is not as it should be" +
                                 (status.reason.empty() ? "" : ": " + status.reason)));
    }
    const bool blocked = status.kind == Status::Kind::blocked;
    return {blocked ? Kind::blocked : Kind::done, std::move(status)};
}

Ended run_one(Context &context, const plan::Step &step) {
    Ended ended = run_needed(context, step);
    if (plan::optional(step) && (ended.kind == Kind::failed || ended.kind == Kind::blocked))
        return {Kind::done, Status::skipped(ended.status.reason)};
    return ended;
}

/// Index of the first step of a kind, or the number of steps.
template <typename Wanted> std::size_t first(const plan::Plan &plan) {
    std::size_t index = 0;
    while (index < plan.steps.size() && !std::holds_alternative<Wanted>(plan.steps[index]))
        ++index;
    return index;
}

const char *word(const Ended &ended) {
    switch (ended.kind) {
    case Kind::done: return ended.status.kind == Status::Kind::skipped ? "skipped" : "done";
    case Kind::stopped: return "stopped";
    case Kind::blocked: return "blocked";
    case Kind::failed: break;
    }
    return "failed";
}

} // namespace

RunResult run_steps(Context &context, Watcher &watcher, std::size_t first, std::size_t last) {
    for (std::size_t index = first; index < last; ++index) {
        if (util::cancel_requested)
            return {Kind::stopped, index, {}};
        watcher.begins(index);
        note_beginning(context, index);
        const Ended ended = run_one(context, context.plan.steps[index]);
        note_end(context, index, word(ended), ended.status.reason);
        if (ended.kind != Kind::stopped)
            watcher.ended(index, ended.status);
        if (ended.kind != Kind::done)
            return {ended.kind, index, {ended.status.reason, ended.hint}};
    }
    return {Kind::done, last, {}};
}

std::size_t root_point(const plan::Plan &plan) {
    const auto needs_root = [](const plan::Step &step) {
        return std::holds_alternative<plan::InstallBootLoader>(step) ||
               std::holds_alternative<plan::WaitForRebuild>(step) ||
               std::holds_alternative<plan::RestoreConfiguration>(step);
    };
    return static_cast<std::size_t>(std::find_if(plan.steps.begin(), plan.steps.end(), needs_root) -
                                    plan.steps.begin());
}

std::size_t restart_point(const plan::Plan &plan) { return first<plan::WaitForRebuild>(plan); }

std::size_t log_point(const plan::Plan &plan) { return first<plan::SaveLog>(plan); }

} // namespace mdrescue::execute
