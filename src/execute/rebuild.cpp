// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/rebuild.h"

#include "execute/device_content.h"
#include "execute/md_state.h"
#include "execute/steps.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace mdrescue::execute {
namespace {

using Phase = RebuildState::Phase;
using util::Result;

constexpr std::chrono::milliseconds pause{500};
/// Looks at an array on which nothing moves before it counts: md begins by itself, but not at once.
constexpr unsigned patience = 60;
/// Looks at a frozen array before it is let go: a mdadm that is at work needs less.
constexpr unsigned thaw_after = 10;

Result<std::vector<RebuildState>> look(Context &context, const plan::WaitForRebuild &step) {
    std::vector<RebuildState> states;
    for (const std::string &uuid : step.arrays) {
        MDR_TRY_ASSIGN(const std::string path, context.array(uuid));
        MDR_TRY_ASSIGN(RebuildState state, rebuild_state(context.system, kernel_name(path)));
        states.push_back(std::move(state));
    }
    return states;
}

bool all_idle(const std::vector<RebuildState> &states) {
    return std::all_of(states.begin(), states.end(),
                       [](const RebuildState &state) { return state.phase == Phase::idle; });
}

std::string faulty_members(system::System &system, const std::string &md) {
    std::string names;
    for (const MdMember &member : md_members(system, md))
        if (member.faulty)
            names += (names.empty() ? "" : ", ") + util::printable(member.device);
    return names;
}

/// Why nothing moves on an array that is not whole.
util::Error stopped(system::System &system, const RebuildState &state) {
    const std::string faulty = faulty_members(system, state.kernel_name);
    if (!faulty.empty())
        return {
            fmt::format("{}: md has marked {} faulty and does not go on", state.kernel_name,
                        faulty),
            "That disk, its cable or its controller is bad. Everything else was left as it is."};
    if (state.phase == Phase::stuck)
        return {fmt::format("{} does not run any more", state.kernel_name), ""};
    if (state.phase == Phase::frozen)
        return {fmt::format("{} is frozen, and stays so", state.kernel_name), ""};
    return {fmt::format("{}: {} of its members missing, and md has nothing to rebuild onto",
                        state.kernel_name, state.missing),
            "Start the recovery again: it looks for what is missing."};
}

/// Counts looks in a row at arrays on which nothing moves. Waiting for another array is no
/// standstill: the other one moves, or is told of.
class Patience {
  public:
    /// How many so far.
    unsigned count(const RebuildState &state) {
        const bool still = state.phase == Phase::stopped || state.phase == Phase::frozen ||
                           state.phase == Phase::stuck;
        unsigned &looks = looks_[state.kernel_name];
        looks = still ? looks + 1 : 0;
        return looks;
    }

  private:
    std::map<std::string, unsigned> looks_;
};

/// A mdadm that was killed while it added members leaves the array frozen (mdadm's Manage.c:
/// sysfs_freeze_array); writing "idle" ends that (kernel documentation, admin-guide/md.rst:
/// sync_action). It lets md do what this step waits for, on an array of the plan.
void thaw(Context &context, const std::string &uuid) {
    // Safety rule 4: the array is the recorded one, looked at again.
    const auto result = confirm_array(context, uuid).and_then([&](const std::string &path) {
        return context.system.write_control(
            fmt::format("/sys/block/{}/md/sync_action", kernel_name(path)), "idle");
    });
    context.journal.note("thaw", result ? fmt::format("the array {} was frozen and is let go", uuid)
                                        : fmt::format("the array {} stays frozen: {}", uuid,
                                                      result.error().message));
}

/// Bytes of one member of each array that is not whole when the waiting begins.
class Meter {
  public:
    Meter(Context &context, const std::vector<RebuildState> &states) : context_(context) {
        std::uint64_t total = 0;
        for (const RebuildState &state : states) {
            if (state.phase == Phase::idle)
                continue;
            constexpr std::uint64_t kib = 1024;
            const std::uint64_t bytes =
                state.total > 0
                    ? state.total * 512
                    : md_number(context.system, state.kernel_name, "component_size").value_or(0) *
                          kib;
            bytes_[state.kernel_name] = bytes;
            total += bytes;
        }
        context.progress.phase(rebuild_phase, total);
    }

    void show(const std::vector<RebuildState> &states) {
        std::uint64_t done = 0;
        for (const RebuildState &state : states)
            if (const auto bytes = bytes_.find(state.kernel_name); bytes != bytes_.end())
                done += state.phase == Phase::idle ? bytes->second
                                                   : std::min(state.done * 512, bytes->second);
        furthest_ = std::max(furthest_, done);
        context_.progress.advance(furthest_);
    }

  private:
    Context &context_;
    std::map<std::string, std::uint64_t> bytes_;
    std::uint64_t furthest_ = 0;
};

/// FAULTS 14: a rebuild that met unreadable sectors ends as if nothing was.
void warn_of_bad_blocks(Context &context, const std::vector<RebuildState> &states) {
    for (const RebuildState &state : states)
        for (const std::string &member : state.bad_blocks) {
            const std::string sentence = fmt::format(
                "{}: bad blocks on {}: some data cannot be read", state.kernel_name, member);
            context.progress.warn(sentence);
            context.journal.note("bad_blocks", sentence,
                                 {{"array", state.kernel_name}, {"member", member}});
        }
}

} // namespace

Status check(Context &context, const plan::WaitForRebuild &step) {
    const auto states = look(context, step);
    if (!states)
        return Status::blocked(states.error().message);
    return all_idle(*states) ? Status::done() : Status::not_done();
}

Result<void> apply(Context &context, const plan::WaitForRebuild &step) {
    MDR_TRY_ASSIGN(std::vector<RebuildState> states, look(context, step));
    Meter meter(context, states);
    Patience patience_left;
    for (;;) {
        meter.show(states);
        if (all_idle(states))
            break;
        for (std::size_t i = 0; i < states.size(); ++i) {
            const RebuildState &state = states[i];
            const unsigned looks = patience_left.count(state);
            if (state.phase == Phase::frozen && looks == thaw_after)
                thaw(context, step.arrays[i]);
            if (looks >= patience)
                return tl::unexpected(stopped(context.system, state));
        }
        if (util::cancel_requested)
            return util::cancelled();
        context.system.sleep(pause);
        MDR_TRY_ASSIGN(states, look(context, step));
    }
    warn_of_bad_blocks(context, states);
    return {};
}

} // namespace mdrescue::execute
