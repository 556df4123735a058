// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/run.h"

#include "util/text.h"

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

/// Looks, does it where it is not done, and looks again: a step that does not say done has failed.
RunResult run_one(Context &context, std::size_t index) {
    const plan::Step &step = context.plan.steps[index];
    Status status = check(context, step);
    if (status.kind == Status::Kind::not_done) {
        if (auto applied = apply(context, step); !applied)
            return {util::cancel_requested ? Kind::stopped : Kind::failed, index, applied.error()};
        status = check(context, step);
        if (status.kind == Status::Kind::not_done)
            return {Kind::failed,
                    index,
                    {"it was done, but what is read back is not as it should be" +
                         (status.reason.empty() ? "" : ": " + status.reason),
                     ""}};
    }
    if (status.kind == Status::Kind::blocked)
        return {Kind::blocked, index, {status.reason, ""}};
    return {Kind::done, index, {status.reason, ""}};
}

Status status_of(const RunResult &result) {
    switch (result.kind) {
    case Kind::done: return Status::done(result.error.message);
    case Kind::blocked: return Status::blocked(result.error.message);
    case Kind::stopped:
    case Kind::failed: break;
    }
    return Status::not_done(result.error.message);
}

const char *word(Kind kind) {
    switch (kind) {
    case Kind::done: return "done";
    case Kind::stopped: return "stopped";
    case Kind::blocked: return "blocked";
    case Kind::failed: return "failed";
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
        RunResult result = run_one(context, index);
        note_end(context, index, word(result.kind), result.error.message);
        if (result.kind == Kind::stopped)
            return result;
        watcher.ended(index, status_of(result));
        if (result.kind != Kind::done)
            return result;
    }
    return {Kind::done, last, {}};
}

std::size_t restart_point(const plan::Plan &plan) {
    for (std::size_t index = 0; index < plan.steps.size(); ++index)
        if (std::holds_alternative<plan::WaitForRebuild>(plan.steps[index]))
            return index;
    return plan.steps.size();
}

} // namespace mdrescue::execute
