// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/rebuild.h"

#include "execute/md_state.h"
#include "probe/facts.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>

namespace mdrescue::execute {
namespace {

using Phase = RebuildState::Phase;
using util::fail;
using util::Result;

/// "1234 / 5678"; sync_completed says "none" or "delayed" as well.
void read_completed(const std::string &text, RebuildState &state) {
    const auto words = util::split_words(text);
    if (words.size() != 3 || words[1] != "/")
        return;
    state.done = probe::decimal(words[0]).value_or(0);
    state.total = probe::decimal(words[2]).value_or(0);
}

/// Other arrays lack the attribute "degraded" (drivers/md/md.c: md_redundancy_attrs).
bool has_redundancy(const std::string &level) { return level != "raid0" && level != "linear"; }

Phase phase_of(const std::string &array_state, const std::string &action,
               const std::string &completed, unsigned missing) {
    if (array_state == "clear" || array_state == "inactive" || array_state == "broken")
        return Phase::stuck;
    if (action == "frozen" && missing > 0)
        return Phase::frozen;
    if (action == "recover" || action == "resync" || action == "reshape")
        return completed == "delayed" ? Phase::delayed : Phase::running;
    return missing == 0 ? Phase::idle
                        : Phase::stopped; // "idle"; "check" and "repair" are no rebuild
}

std::string bar_text(const RebuildState &state) {
    switch (state.phase) {
    case Phase::idle: return "all members up";
    case Phase::delayed: return "waits for another array on the same disks";
    case Phase::stopped:
        return fmt::format("{} {} missing, nothing is being rebuilt", state.missing,
                           state.missing == 1 ? "member" : "members");
    case Phase::frozen: return "frozen, nothing is being rebuilt";
    case Phase::stuck: return "does not run";
    case Phase::running: break;
    }
    const std::uint64_t done = std::min(state.done, state.total);
    const std::uint64_t left = state.speed == 0 ? 0 : (state.total - done) * 512 / state.speed;
    std::string text = fmt::format("{:3} %", state.total == 0 ? 0 : done * 100 / state.total);
    if (state.speed > 0)
        text +=
            fmt::format("  {}/s, {} left", util::size_text(state.speed), util::duration_text(left));
    return text;
}

/// "[=====>     ]" of that many columns.
std::string bar(const RebuildState &state, std::size_t width) {
    const std::size_t room = width - 2;
    std::size_t filled = room;
    if (state.phase != Phase::idle)
        filled =
            state.total == 0
                ? 0
                : static_cast<std::size_t>(std::min(state.done, state.total) * room / state.total);
    std::string line(filled, '=');
    if (filled < room)
        line += state.phase == Phase::running ? '>' : ' ';
    line.resize(room, ' ');
    return fmt::format("[{}]", line);
}

/// The lines of sysfs as ranges, as many as a screen has room for. The sectors are counted from the
/// start of the member (drivers/md/md.c adds data_offset: rdev_set_badblocks).
std::string bad_block_words(const MdMember &member) {
    constexpr std::size_t most = 4;
    std::vector<std::string> ranges;
    for (const std::string_view line : util::split(member.bad_blocks, '\n')) {
        const auto words = util::split_words(line);
        const auto first = words.empty() ? std::nullopt : probe::decimal(words[0]);
        const auto length = words.size() < 2 ? std::nullopt : probe::decimal(words[1]);
        if (first && length && *length > 0 && ranges.size() <= most)
            ranges.push_back(fmt::format("{}-{}", *first, *first + *length - 1));
    }
    if (ranges.size() > most)
        ranges.back() = "...";
    return fmt::format("{} (sectors {})", util::printable(member.device), fmt::join(ranges, ", "));
}

} // namespace

Result<RebuildState> rebuild_state(system::System &system, const std::string &kernel_name) {
    const auto attribute = [&](const char *name) {
        return md_attribute(system, kernel_name, name);
    };
    RebuildState state;
    state.kernel_name = kernel_name;
    const std::string array_state = attribute("array_state");
    if (array_state.empty())
        return fail(fmt::format("there is no array {}", util::printable(kernel_name)));
    const std::string completed = attribute("sync_completed");
    const auto missing = md_number(system, kernel_name, "degraded");
    if (!missing && has_redundancy(attribute("level")))
        return fail(fmt::format("how many members of {} are missing cannot be read",
                                util::printable(kernel_name)));
    state.missing = static_cast<unsigned>(missing.value_or(0) & 0xffffU);
    state.phase = phase_of(array_state, attribute("sync_action"), completed, state.missing);
    if (state.phase == Phase::running) {
        read_completed(completed, state);
        constexpr std::uint64_t kib = 1024;
        state.speed = md_number(system, kernel_name, "sync_speed").value_or(0) * kib;
    }
    for (const MdMember &member : md_members(system, kernel_name))
        if (!member.bad_blocks.empty())
            state.bad_blocks.push_back(bad_block_words(member));
    return state;
}

std::string rebuild_bar(const RebuildState &state, std::size_t width) {
    constexpr std::size_t widest = 42;
    constexpr std::size_t narrowest = 7;
    const std::string text = bar_text(state);
    if (width < text.size() + 1 + narrowest)
        return text.substr(0, width);
    return fmt::format("{} {}", bar(state, std::min(width - text.size() - 1, widest)), text);
}

} // namespace mdrescue::execute
