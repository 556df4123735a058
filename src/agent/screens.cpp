// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/screens.h"

#include "agent/screen_parts.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>

namespace mdrescue::agent {
namespace {

using util::printable;

constexpr std::size_t menu_rows = 4; // with the blank line above

std::string whose(const model::Profile &profile) {
    const std::string name = printable(profile.machine.host_name);
    return name.empty() ? "a machine without a name" : name;
}

Line row(std::string text, Style style = Style::normal) { return {{std::move(text), style}}; }

Lines wrong_machine(const Facts &facts) {
    const model::Machine &recorded = facts.profile->machine;
    Lines lines = wrapped(
        {{"This machine: ", Style::normal}, {"NO. ", Style::bad}},
        fmt::format("This disc was made for {}{}; none of its arrays is here. "
                    "Recovery is refused: nothing will be written.",
                    whose(*facts.profile),
                    recorded.product.empty() ? "" : " (" + printable(recorded.product) + ")"),
        Style::normal, 4);
    return lines;
}

Lines this_machine(const Facts &facts) {
    const Line start{{"This machine: ", Style::normal}};
    if (!facts.profile)
        return wrapped({{"This machine: ", Style::normal}, {"UNKNOWN. ", Style::warning}},
                       "There is no machine profile to compare with; shown is what is here.",
                       Style::normal, 4);
    if (!facts.comparison)
        return wrapped({{"This machine: ", Style::normal}, {"UNKNOWN. ", Style::warning}},
                       "It could not be read.", Style::normal, 4);
    switch (facts.comparison->match) {
    case diagnose::MachineMatch::same: {
        std::size_t found = 0;
        for (const auto &array : facts.comparison->arrays)
            found += array.found ? 1 : 0;
        return wrapped({{"This machine: ", Style::normal}, {"YES. ", Style::good}},
                       fmt::format("It is {}: {} of its {} arrays {} here.", whose(*facts.profile),
                                   found, facts.comparison->arrays.size(),
                                   found == 1 ? "is" : "are"),
                       Style::normal, 4);
    }
    case diagnose::MachineMatch::other: return wrong_machine(facts);
    case diagnose::MachineMatch::unknown:
        return wrapped({{"This machine: ", Style::normal}, {"UNKNOWN. ", Style::warning}},
                       fmt::format("No array was found, so nothing shows that it is {}. Are its "
                                   "disks connected and their controller known?",
                                   whose(*facts.profile)),
                       Style::normal, 4);
    }
    return {start};
}

Lines menu(bool more) {
    return {{},
            row("  1 Guided recovery      2 Rescue shell    3 Look again"),
            row(fmt::format("  4 Check this medium    5 Restart         6 Power off{}",
                            more ? "     7 Show all" : "")),
            row("  8 Start the installed system from here, without what is missing   9 Log")};
}

Lines warnings_of(const Facts &facts) {
    Lines lines;
    for (const std::string &text : facts.warnings)
        append(lines, wrapped({{"! ", Style::warning}}, printable(text)));
    return lines;
}

/// Groups in the order they give up room, for `room` rows in all. Each keeps its first rows, which
/// are the ones that need attention.
bool shorten(const std::vector<Lines *> &groups, std::size_t room) {
    std::size_t have = 0;
    for (const Lines *group : groups)
        have += group->size();
    const bool too_long = have > room;
    for (Lines *group : groups) {
        if (have <= room)
            break;
        constexpr std::size_t least = 3; // a title, one row, and the row that says how many more
        const std::size_t surplus = have - room + 1;
        if (group->size() <= least)
            continue;
        const std::size_t keep = group->size() - std::min(surplus, group->size() - least + 1);
        const std::size_t dropped = group->size() - keep;
        group->resize(keep);
        group->push_back(row(fmt::format("  ... and {} more lines: choose 7", dropped)));
        have -= dropped - 1;
    }
    return too_long;
}

} // namespace

Lines header(const Facts &facts) {
    const std::string program = fmt::format("mdrescue {}", MDRESCUE_VERSION);
    if (!facts.profile)
        return {{{program, Style::strong}, {"   no machine profile", Style::normal}}};
    std::string made = fmt::format("made {}", date_text(facts.profile->made_at));
    if (facts.profile->degraded)
        made += ", degraded even then";
    const std::size_t width = screen_width - program.size() - made.size() - 6;
    return {{{program, Style::strong},
             {"   " + fitted("disc of " + whose(*facts.profile), width) + "   " + made,
              Style::normal}}};
}

Lines overview(const Facts &facts, std::size_t rows) {
    Lines top = header(facts);
    append(top, this_machine(facts));
    Lines disks = disk_rows(facts, true);
    Lines arrays = array_rows(facts, true);
    Lines warnings = warnings_of(facts);
    const std::size_t room = rows - top.size() - menu_rows - 2; // READY and the prompt
    const bool shortened = shorten({&disks, &arrays, &warnings}, room);
    Lines lines = std::move(top);
    append(lines, std::move(disks));
    append(lines, std::move(arrays));
    append(lines, std::move(warnings));
    append(lines, menu(shortened));
    return lines;
}

Lines details(const Facts &facts) {
    Lines lines = header(facts);
    append(lines, this_machine(facts));
    lines.emplace_back();
    append(lines, disk_rows(facts, false));
    lines.emplace_back();
    append(lines, array_rows(facts, false));
    if (!facts.warnings.empty())
        lines.emplace_back();
    append(lines, warnings_of(facts));
    return lines;
}

std::string refusal(const Facts &facts) {
    if (facts.medium.empty())
        return "the medium this system was started from was not found";
    if (!facts.profile)
        return "the machine profile on the medium cannot be used";
    if (!facts.comparison)
        return "this machine could not be read";
    if (facts.comparison->match == diagnose::MachineMatch::other)
        return fmt::format("this disc was made for {}, and this is another machine",
                           whose(*facts.profile));
    if (facts.comparison->match == diagnose::MachineMatch::unknown)
        return fmt::format("no array was found, so nothing shows that this machine is {}",
                           whose(*facts.profile));
    return "";
}

Lines check_result(const CheckReport &report) {
    if (report.sound())
        return {row("Every byte of the medium is as it was written.", Style::good)};
    Lines lines{row("The medium is damaged. Do not rely on it; use another copy.", Style::bad)};
    constexpr std::size_t most = 15;
    for (const std::string &path : report.damaged) {
        if (lines.size() > most) {
            lines.push_back(row(fmt::format("  ... and {} more", report.damaged.size() - most)));
            break;
        }
        append(lines, wrapped({{"  damaged: ", Style::bad}}, printable(path)));
    }
    return lines;
}

Lines shell_greeting(const Facts &facts) {
    Lines lines{{}, row("Rescue shell. \"exit\" goes back to the menu.", Style::strong)};
    if (!facts.medium.empty())
        lines.push_back(
            row(fmt::format("The medium is mounted read-only on {}.", medium_directory)));
    lines.push_back(row("fstab-bypass DIRECTORY takes missing devices out of a system's fstab."));
    std::string running;
    if (facts.observed)
        for (const model::Array &array : facts.observed->arrays)
            if (!array.kernel_name.empty())
                running += fmt::format(" /dev/{} ({})", printable(array.kernel_name),
                                       printable(array.running_state));
    if (!running.empty())
        append(lines, wrapped({{"Arrays: ", Style::normal}}, running));
    return lines;
}

Lines log_lines(std::string_view text) {
    constexpr std::size_t seconds = 12; // columns in front of each sentence
    Lines lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        append(lines, wrapped({{printable(line.substr(0, seconds)), Style::normal}},
                              printable(line.substr(std::min(seconds, line.size())))));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

const char *outcome_word(Outcome outcome) {
    switch (outcome) {
    case Outcome::done: return "done";
    case Outcome::refused: return "refused";
    case Outcome::failed: return "failed";
    case Outcome::cancelled: return "cancelled";
    }
    return "";
}

Line result_line(Outcome outcome, const std::string &sentence) {
    const Style style = outcome == Outcome::done      ? Style::good
                        : outcome == Outcome::refused ? Style::warning
                        : outcome == Outcome::failed  ? Style::bad
                                                      : Style::normal;
    return {{fmt::format("mdrescue: RESULT {}: {}", outcome_word(outcome), printable(sentence)),
             style}};
}

} // namespace mdrescue::agent
