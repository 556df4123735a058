// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/outlook.h"

#include "diagnose/marker.h"
#include "execute/survey.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>

namespace mdrescue::agent {
namespace {

/// Every place on that disk where a start marker of this profile could be.
std::set<std::uint64_t> marker_offsets(const model::Profile &profile, const model::Disk &disk) {
    std::set<std::uint64_t> offsets;
    for (const model::Disk &recorded : profile.machine.disks)
        if (const auto offset = diagnose::marker_offset(recorded, disk.size))
            offsets.insert(*offset);
    return offsets;
}

diagnose::Surveys survey(system::System &system, Terminal &terminal, const model::Profile &profile,
                         const Outlook &outlook, const std::string &medium) {
    diagnose::Surveys surveys;
    for (const model::Disk &disk : outlook.observed.disks) {
        if (!diagnose::worth_surveying(disk, medium))
            continue;
        terminal.status(
            fmt::format("looking whether {} is blank", util::printable(disk.kernel_name)));
        surveys[disk.id] = execute::survey_disk(system, disk, marker_offsets(profile, disk));
    }
    return surveys;
}

} // namespace

Outlook look_at(system::System &system, Terminal &terminal, model::Machine observed,
                const model::Profile &profile, const std::string &medium) {
    Outlook outlook;
    outlook.observed = std::move(observed);
    outlook.comparison = diagnose::compare(profile, outlook.observed);
    outlook.assemblies = diagnose::decide_assembly(profile.machine, outlook.observed);
    const auto surveys = survey(system, terminal, profile, outlook, medium);
    outlook.vacancies =
        diagnose::find_vacancies(profile, outlook.observed, outlook.comparison, surveys, medium);
    outlook.findings = diagnose::find(profile, outlook.observed, outlook.comparison,
                                      outlook.assemblies, outlook.vacancies);
    return outlook;
}

std::string unattended_objection(const Outlook &outlook) {
    using Kind = diagnose::Finding::Kind;
    if (outlook.comparison.match != diagnose::MachineMatch::same)
        return "this is not the recorded machine";
    if (diagnose::refuses(outlook.findings))
        return "something speaks against any recovery";
    if (outlook.vacancies.size() != 1)
        return fmt::format("{} disks are missing, not one", outlook.vacancies.size());
    const auto choices = diagnose::choices(outlook.vacancies.front());
    if (choices.size() != 1)
        return fmt::format("{} disks could be the replacement, not one", choices.size());
    if (choices.front().fitness == diagnose::Fitness::ask)
        return "the only disk that fits is not blank";
    for (const Kind kind :
         {Kind::cloned_machine, Kind::array_lost, Kind::filesystem_lost, Kind::volume_lost,
          Kind::member_stale, Kind::bad_blocks, Kind::layout_changed, Kind::firmware_mode})
        if (diagnose::any_of_kind(outlook.findings, kind))
            return "a finding needs a decision";
    return "";
}

} // namespace mdrescue::agent
