// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/recovery_screens.h"

#include "util/text.h"

#include <fmt/format.h>

namespace mdrescue::agent {
namespace {

using diagnose::Severity;
using util::printable;

Line heading(const std::string &text) { return {{text, Style::strong}}; }

Style style_of(Severity severity) {
    switch (severity) {
    case Severity::note: return Style::normal;
    case Severity::warning: return Style::warning;
    case Severity::refusal: return Style::bad;
    }
    return Style::normal;
}

/// "QEMU HARDDISK, serial NEW00001, slot …, 940 MB (sda)"
std::string observed_words(const model::Disk &disk) {
    return fmt::format("{}{}, {}{} ({})", disk.model.empty() ? "" : printable(disk.model) + ", ",
                       disk.serial.empty() ? "no serial" : "serial " + printable(disk.serial),
                       disk.position.empty() ? "" : "slot " + printable(disk.position) + ", ",
                       util::size_text(disk.size), printable(disk.kernel_name));
}

std::string candidate_words(const diagnose::Candidate &candidate, const model::Machine &observed) {
    const model::Disk *disk = model::find_disk(observed, candidate.observed);
    return disk == nullptr ? candidate.observed
                           : fmt::format("{}: {}", observed_words(*disk), candidate.reason);
}

const char *fitness_words(diagnose::Fitness fitness) {
    switch (fitness) {
    case diagnose::Fitness::resumed: return "begun by this recovery before";
    case diagnose::Fitness::blank: return "blank";
    case diagnose::Fitness::ask: return "NOT BLANK: all that is on it will be lost";
    case diagnose::Fitness::unfit: break;
    }
    return "unfit";
}

Lines replacement_lines(const plan::Plan &plan, const plan::Machines &machines) {
    Lines lines;
    for (const plan::Replacement &one : plan.replacements) {
        const model::Disk *recorded = model::find_disk(machines.profile.machine, one.recorded);
        const model::Disk *target = model::find_disk(machines.observed, one.observed);
        if (recorded == nullptr || target == nullptr)
            continue;
        append(lines, wrapped({{"  replaces ", Style::normal}}, diagnose::disk_words(*recorded)));
        append(lines, wrapped({{"  with     ", Style::normal}},
                              observed_words(*target) + ", " + fitness_words(one.fitness),
                              one.fitness == diagnose::Fitness::ask ? Style::bad : Style::strong));
    }
    return lines;
}

Span proven_mark(const execute::Proof &proof) {
    if (!proof.expected)
        return {"  -    ", Style::normal};
    return proof.proven ? Span{"  yes  ", Style::good} : Span{"  NO   ", Style::bad};
}

Lines proofs(const std::vector<execute::Proof> &proofs) {
    Lines lines;
    for (const execute::Proof &proof : proofs)
        append(lines, wrapped({proven_mark(proof)}, proof.sentence));
    return lines;
}

} // namespace

Lines failure_screen(const plan::Plan &plan, const plan::Machines &machines) {
    Lines lines;
    for (const plan::Replacement &one : plan.replacements)
        if (const model::Disk *target = model::find_disk(machines.observed, one.observed))
            append(lines,
                   wrapped({{"Written to was ", Style::normal}},
                           observed_words(*target) + ". If that disk is bad, put in another."));
    return lines;
}

Lines findings_screen(const Outlook &outlook, const model::Profile &profile) {
    Lines lines{heading("FOUND")};
    for (const diagnose::Finding &finding : outlook.findings) {
        const Style style = style_of(finding.severity);
        const char *sign = finding.severity == Severity::refusal   ? "  X "
                           : finding.severity == Severity::warning ? "  ! "
                                                                   : "  - ";
        append(lines, wrapped({{sign, style}}, diagnose::words(finding, profile)));
    }
    if (outlook.findings.empty())
        lines.push_back({{"  nothing is wrong", Style::good}});
    return lines;
}

Lines choice_screen(const diagnose::Vacancy &vacancy, const model::Machine &observed,
                    const model::Profile &profile) {
    const model::Disk *recorded = model::find_disk(profile.machine, vacancy.recorded);
    Lines lines =
        wrapped({{"Which disk takes the place of ", Style::strong}},
                recorded == nullptr ? vacancy.recorded : diagnose::disk_words(*recorded) + "?");
    std::size_t number = 0;
    for (const diagnose::Candidate &candidate : diagnose::choices(vacancy))
        append(lines, wrapped({{fmt::format("  {}  ", ++number), Style::strong}},
                              candidate_words(candidate, observed)));
    for (const diagnose::Candidate &candidate : vacancy.candidates)
        if (candidate.fitness == diagnose::Fitness::unfit)
            append(lines,
                   wrapped({{"  -  ", Style::normal}}, candidate_words(candidate, observed)));
    return lines;
}

Lines plan_screen(const plan::Plan &plan, const plan::Machines &machines, bool detail) {
    Lines lines{heading("PLAN")};
    append(lines, replacement_lines(plan, machines));
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
        const std::string number = fmt::format("  {:>2}  ", i + 1);
        if (!detail) {
            append(lines,
                   wrapped({{number, Style::normal}}, plan::title(plan.steps[i], plan, machines)));
            continue;
        }
        append(lines,
               wrapped({{number, Style::normal}}, plan::describe(plan.steps[i], plan, machines)));
        for (const std::string &command : plan::by_hand(plan.steps[i], plan, machines))
            lines.push_back({{"        " + command, Style::normal}});
    }
    return lines;
}

Line step_line(std::size_t number, std::size_t count, const std::string &title, const char *state,
               Style style) {
    return {{fmt::format("{:>2}/{} ", number, count), Style::normal},
            {fitted(state, 8), style},
            {" " + title, Style::normal}};
}

Lines proof_screen(const execute::ProofReport &report) {
    Lines lines{heading("PROVEN")};
    append(lines, proofs(report.arrays));
    append(lines, proofs(report.steps));
    append(lines, proofs(report.disks));
    return lines;
}

} // namespace mdrescue::agent
