// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/recovery.h"

#include "agent/console_progress.h"
#include "agent/outlook.h"
#include "agent/rebuild_progress.h"
#include "agent/recovery_screens.h"
#include "agent/unlock.h"
#include "execute/assemble.h"
#include "execute/installed_root.h"
#include "execute/kept_log.h"
#include "execute/mounting.h"
#include "execute/proof.h"
#include "execute/run.h"
#include "execute/volume_groups.h"
#include "util/text.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <optional>

namespace mdrescue::agent {
namespace {

using diagnose::Fitness;
using util::Result;

/// One line for each step that ended.
class StepLines final : public execute::Watcher {
  public:
    StepLines(Terminal &terminal, const plan::Plan &plan, const plan::Machines &machines)
        : terminal_(terminal), plan_(plan), machines_(machines) {}

    void begins(std::size_t step) override { terminal_.status(title(step) + " ..."); }
    void ended(std::size_t step, const execute::Status &status) override {
        using Kind = execute::Status::Kind;
        const auto [word, style] = status.kind == Kind::done      ? Shown{"done", Style::good}
                                   : status.kind == Kind::skipped ? Shown{"skipped", Style::warning}
                                   : status.kind == Kind::blocked ? Shown{"blocked", Style::bad}
                                                                  : Shown{"failed", Style::bad};
        terminal_.show({step_line(step + 1, plan_.steps.size(), title(step), word, style)});
        if (status.kind == Kind::skipped)
            terminal_.show({{{status.reason, Style::warning}}});
        if (terminal_.interrupted()) // steps without progress of their own do not ask
            util::cancel_requested = true;
    }

  private:
    struct Shown {
        const char *word;
        Style style;
    };

    [[nodiscard]] std::string title(std::size_t step) const {
        return plan::title(plan_.steps[step], plan_, machines_);
    }

    Terminal &terminal_;
    const plan::Plan &plan_;
    const plan::Machines machines_;
};

/// What an operator has to type so that a disk that is not blank is overwritten: the end of its
/// serial, or its name where it has none (FAULTS 5).
std::string proof_of_reading(const model::Disk &disk) {
    constexpr std::size_t length = 4;
    const std::string serial = util::printable(disk.serial);
    if (serial.empty())
        return disk.kernel_name;
    return serial.size() <= length ? serial : serial.substr(serial.size() - length);
}

class Recovery {
  public:
    Recovery(system::System &system, Terminal &terminal, const execute::Observe &observe,
             const RecoveryStart &start)
        : system_(system), terminal_(terminal), observe_(observe), start_(start),
          observed_(start.observed), journal_(system, log_directory(start.places)) {}

    RecoveryEnd run() {
        if (auto failed = look())
            return *failed;
        if (auto ended = start_dirty_arrays())
            return *ended;
        if (auto refused = refusal())
            return *refused;
        if (auto ended = make_plan())
            return *ended;
        if (auto ended = prepare())
            return *ended;
        return carry_out();
    }

  private:
    RecoveryEnd end(Outcome outcome, const std::string &sentence) {
        journal_.note("result", sentence, {{"outcome", outcome_word(outcome)}});
        return {outcome, sentence, false};
    }

    std::optional<RecoveryEnd> look() {
        auto observed = observed_ ? Result<model::Machine>(std::move(*observed_)) : observe_();
        observed_.reset(); // true only once
        if (!observed)
            return end(Outcome::failed,
                       "this machine could not be read: " + observed.error().message);
        outlook_ = look_at(system_, terminal_, std::move(*observed), start_.profile, start_.medium);
        terminal_.show(findings_screen(outlook_, start_.profile));
        note_findings();
        return std::nullopt;
    }

    /// FAULTS 18: a decision of the operator, for each array, with what it may cost said before.
    std::optional<RecoveryEnd> start_dirty_arrays() {
        bool started = false;
        if (!only_dirty_arrays_refuse() || start_.unattended || start_.dry_run)
            return std::nullopt;
        for (const diagnose::Assembly &assembly : outlook_.assemblies) {
            if (assembly.verdict != diagnose::Verdict::dirty_degraded)
                continue;
            if (auto ended = check_medium())
                return ended;
            terminal_.show({{{"mdrescue: READY dirty", Style::normal}}});
            if (terminal_.ask("Type start to start it all the same, Enter to go back: ").text !=
                "start")
                return end(
                    Outcome::cancelled,
                    "an array that was not shut down cleanly was left alone; nothing was written");
            journal_.note("answer", "the operator has a dirty, degraded array started",
                          {{"array", assembly.uuid}});
            if (const auto result = execute::start_dirty(system_, outlook_.observed, assembly);
                !result)
                return end(Outcome::failed,
                           "the array could not be started: " + result.error().message);
            started = true;
        }
        return started ? look() : std::nullopt;
    }

    [[nodiscard]] bool only_dirty_arrays_refuse() const {
        return std::all_of(outlook_.findings.begin(), outlook_.findings.end(),
                           [](const diagnose::Finding &finding) {
                               return finding.severity != diagnose::Severity::refusal ||
                                      finding.kind == diagnose::Finding::Kind::array_dirty;
                           });
    }

    void note_findings() {
        for (const diagnose::Finding &finding : outlook_.findings)
            journal_.note(
                "finding", diagnose::words(finding, start_.profile),
                {{"disk", finding.disk}, {"array", finding.array}, {"text", finding.text}});
    }

    std::optional<RecoveryEnd> refusal() {
        for (const diagnose::Finding &finding : outlook_.findings)
            if (finding.severity == diagnose::Severity::refusal)
                return end(Outcome::refused,
                           diagnose::words(finding, start_.profile) + " Nothing was written.");
        if (start_.unattended)
            if (const std::string why = unattended_objection(outlook_); !why.empty())
                return end(Outcome::refused,
                           "not without an operator: " + why + ". Nothing was written.");
        return std::nullopt;
    }

    /// One disk cannot take the place of two.
    static void leave_out_chosen(diagnose::Vacancy &vacancy, const plan::Answers &answers) {
        std::erase_if(vacancy.candidates, [&](const diagnose::Candidate &candidate) {
            return std::any_of(
                answers.replacements.begin(), answers.replacements.end(),
                [&](const auto &answer) { return answer.second == candidate.observed; });
        });
    }

    /// Answers to the vacancies that have several choices; none: the operator went back.
    std::optional<plan::Answers> ask_choices() {
        plan::Answers answers;
        for (diagnose::Vacancy vacancy : outlook_.vacancies) {
            leave_out_chosen(vacancy, answers);
            const auto choices = diagnose::choices(vacancy);
            if (choices.size() == 1)
                answers.replacements[vacancy.recorded] = choices[0].observed;
            if (choices.size() < 2)
                continue;
            terminal_.show(choice_screen(vacancy, outlook_.observed, start_.profile));
            terminal_.show({{{"mdrescue: READY choose", Style::normal}}});
            const Answer answer =
                terminal_.ask("Which disk? Type its number, or Enter to go back: ");
            std::size_t number = 0;
            const char *last = answer.text.data() + answer.text.size();
            const auto parsed = std::from_chars(answer.text.data(), last, number);
            if (parsed.ec != std::errc{} || parsed.ptr != last || number < 1 ||
                number > choices.size())
                return std::nullopt;
            answers.replacements[vacancy.recorded] = choices[number - 1].observed;
        }
        return answers;
    }

    std::optional<RecoveryEnd> make_plan() {
        const auto answers = ask_choices();
        if (!answers)
            return end(Outcome::cancelled, "no disk was chosen; nothing was written");
        auto made = plan::make_plan(start_.profile, outlook_.observed, outlook_.comparison,
                                    outlook_.assemblies, outlook_.vacancies, *answers);
        if (!made)
            return end(Outcome::refused, made.error().message + " Nothing was written.");
        plan_ = std::move(*made);
        return std::nullopt;
    }

    [[nodiscard]] plan::Machines machines() const { return {start_.profile, outlook_.observed}; }

    [[nodiscard]] bool needs_snapshot() const {
        return std::any_of(plan_.steps.begin(), plan_.steps.end(), [](const plan::Step &step) {
            return std::holds_alternative<plan::RestoreFiles>(step);
        });
    }

    [[nodiscard]] bool writes_a_disk() const { return !plan_.replacements.empty(); }

    /// Everything before the first write: the plan on the screen, the medium read, the question
    /// asked.
    std::optional<RecoveryEnd> prepare() {
        if (nothing_to_do()) {
            const std::string gone = lost();
            return end(Outcome::done,
                       gone.empty()
                           ? "nothing is to be repaired: every recorded disk is here, and all "
                             "arrays are whole"
                           : "nothing more is to be repaired: all is whole but for " + gone);
        }
        const bool lacks_medium = needs_snapshot() && start_.places.medium.empty();
        if (lacks_medium && !start_.dry_run)
            return end(
                Outcome::refused,
                "files have to come back from the disc, and it is not here. Put it in, or name its "
                "image with --from. Nothing was written.");
        terminal_.show(plan_screen(plan_, machines(), start_.dry_run));
        if (start_.dry_run)
            return end(Outcome::done,
                       lacks_medium ? "this is the plan; it needs the disc, or its image with "
                                      "--from. Nothing was written"
                                    : "this is the plan; nothing was written");
        if (auto ended = check_medium())
            return ended;
        if (!start_.unattended && !confirmed())
            return end(Outcome::cancelled, "not confirmed; nothing was written");
        return std::nullopt;
    }

    /// FAULTS 22: every byte, before the first write, also where no file has to come back: the
    /// record and the programs came from there.
    std::optional<RecoveryEnd> check_medium() {
        if (!start_.check_medium || medium_is_sound_)
            return std::nullopt;
        ConsoleProgress progress(system_, terminal_);
        util::cancel_requested = false;
        const auto checked = start_.check_medium(progress);
        if (util::cancel_requested.exchange(false))
            return end(Outcome::cancelled,
                       "the check of the medium was stopped; nothing was written");
        if (!checked)
            return end(Outcome::refused,
                       checked.error().message +
                           ". Use another copy of the disc. Nothing was written.");
        medium_is_sound_ = true;
        return std::nullopt;
    }

    /// Whether the machine is whole: every step that would change it says done. From the disc, an
    /// installed system that cannot be looked into (a locked one) does not count.
    bool nothing_to_do() {
        if (writes_a_disk())
            return false;
        execute::Context context = make_context();
        if (execute::kept_log(context))
            return false;
        return std::all_of(plan_.steps.begin(), plan_.steps.end(), [&](const plan::Step &step) {
            if (is_means(step))
                return true;
            const auto kind = execute::check(context, step).kind;
            return kind == execute::Status::Kind::done || kind == execute::Status::Kind::skipped ||
                   (kind == execute::Status::Kind::blocked && is_inside(step) &&
                    !start_.places.online);
        });
    }

    /// Done for the sake of other steps alone.
    static bool is_means(const plan::Step &step) {
        return std::holds_alternative<plan::MakeWritable>(step) ||
               std::holds_alternative<plan::SaveLog>(step);
    }

    /// Done inside the installed system.
    static bool is_inside(const plan::Step &step) {
        return std::holds_alternative<plan::RestoreConfiguration>(step) ||
               std::holds_alternative<plan::RememberBootDisk>(step);
    }

    bool confirmed() {
        terminal_.show({{{"d and Enter shows every step with its commands; Enter alone goes back.",
                          Style::normal}}});
        if (plan_.replacements.empty())
            return confirmed("Type yes to go on: ", "yes");
        return std::all_of(
            plan_.replacements.begin(), plan_.replacements.end(),
            [&](const plan::Replacement &one) {
                const model::Disk *disk = model::find_disk(outlook_.observed, one.observed);
                if (disk == nullptr)
                    return false;
                if (one.fitness != Fitness::ask && !is_clone())
                    return confirmed("Type yes to write to this disk: ", "yes");
                return confirmed(disk->serial.empty()
                                     ? "It has no serial. Type its name to overwrite it: "
                                     : "Type the last 4 characters of its serial to overwrite it: ",
                                 proof_of_reading(*disk));
            });
    }

    /// FAULTS 25: the image may be another machine's, which only the operator can tell.
    [[nodiscard]] bool is_clone() const {
        return diagnose::any_of_kind(outlook_.findings, diagnose::Finding::Kind::cloned_machine);
    }

    bool confirmed(const std::string &prompt, const std::string &expected) {
        for (;;) {
            terminal_.show({{{"mdrescue: READY confirm", Style::normal}}});
            const Answer answer = terminal_.ask(prompt);
            if (answer.text != "d")
                return answer.text == expected;
            terminal_.show(plan_screen(plan_, machines(), true));
        }
    }

    execute::Context make_context() {
        return {system_, rebuild_progress_, journal_, start_.profile, outlook_.observed,
                plan_,   start_.places,     observe_};
    }

    RecoveryEnd carry_out() {
        util::cancel_requested = false;
        for (std::size_t i = 0; i < plan_.steps.size(); ++i)
            journal_.note("plan", fmt::format("{}. {}", i + 1,
                                              plan::describe(plan_.steps[i], plan_, machines())));
        execute::Context context = make_context();
        StepLines lines(terminal_, plan_, machines());
        const std::size_t log = execute::log_point(plan_);
        const std::size_t restart = std::min(execute::restart_point(plan_), log);
        const std::size_t root_needed = execute::root_point(plan_);
        execute::RunResult result = execute::run_steps(context, lines, 0, root_needed);
        if (result.kind == execute::RunResult::Kind::done) {
            if (auto ended = open_root(context))
                return *ended;
            result = execute::run_steps(context, lines, root_needed, restart);
        }
        if (result.kind != execute::RunResult::Kind::done)
            return stopped(result);
        if (auto ended = rest(context, lines, restart, log))
            return *ended;
        RecoveryEnd ended = proven(context);
        // The log is saved with how it ended in it.
        result = execute::run_steps(context, lines, log, plan_.steps.size());
        return result.kind == execute::RunResult::Kind::done ? ended : stopped(result);
    }

    /// Without it the recovery goes on: the recorded boot loader is put back, and what is to be
    /// done inside the installed system is left to it.
    void unlock_root(execute::Context &context, const model::MountPoint &root) {
        if (start_.unattended || !execute::is_locked(context))
            return;
        terminal_.show({{{"The installed system is behind LUKS. It is opened to run its own tools.",
                          Style::normal}}});
        if (const auto opened = unlock(context, terminal_, root, "goes on without it"); !opened)
            terminal_.show({{{opened.error().message, Style::warning}}});
    }

    /// Whether the root is on a device that was mapped here. Where it cannot be, a step says why.
    bool map_root(execute::Context &context) {
        const model::MountPoint *root = execute::recorded_mount(start_.profile, "/");
        if (root == nullptr)
            return false;
        unlock_root(context, *root);
        const auto device = execute::filesystem_device(context, *root);
        return device && device->starts_with("/dev/mapper/");
    }

    /// FAULTS 30: a swap behind LUKS or LVM, and what sleeps in it, is seen only when that is open.
    /// The root is opened here, before anything of it is used.
    std::optional<RecoveryEnd> open_root(execute::Context &context) {
        if (start_.places.online)
            return std::nullopt;
        const bool root_mapped = map_root(context);
        if (!execute::activate_swap(context) && !root_mapped)
            return std::nullopt;
        if (const auto looked = execute::look_again(context); !looked)
            return end(Outcome::failed, looked.error().message);
        if (diagnose::hibernated(context.observed))
            return end(Outcome::failed, diagnose::hibernated_words());
        return std::nullopt;
    }

    /// The rebuild, and what waits for it. The operator may stop waiting.
    std::optional<RecoveryEnd> rest(execute::Context &context, StepLines &lines,
                                    std::size_t restart, std::size_t end_of_rest) {
        if (restart < end_of_rest)
            terminal_.show({{{"mdrescue: READY rebuild", Style::normal}},
                            {{"md rebuilds the arrays now. q stops waiting; md goes on by itself.",
                              Style::normal}}});
        for (;;) {
            const execute::RunResult result =
                execute::run_steps(context, lines, restart, end_of_rest);
            if (result.kind == execute::RunResult::Kind::done)
                return std::nullopt;
            if (result.kind != execute::RunResult::Kind::stopped || start_.unattended)
                return stopped(result);
            util::cancel_requested = false;
            const Answer answer = terminal_.ask(
                start_.places.online ? "Enter: go on waiting, m: leave; md goes on by itself: "
                                     : "Enter: go on waiting, r: restart now, m: menu: ");
            if (answer.text == "r" || answer.text == "m")
                return left_to_md(context, answer.text == "r");
        }
    }

    RecoveryEnd left_to_md(execute::Context &context, bool restart) {
        RecoveryEnd ended =
            end(Outcome::cancelled,
                "the waiting was stopped; md rebuilds by itself. `mdrescue recover` "
                "on the installed system does the rest");
        ended.restart = restart;
        const auto kept = execute::keep_log(context);
        if (kept)
            terminal_.show(
                {{{fmt::format("The log of this recovery is kept: {}", *kept), Style::normal}}});
        else if (!start_.places.online)
            terminal_.show({{{fmt::format("The log of this recovery is in memory alone, and lost "
                                          "when the machine restarts: {}",
                                          kept.error().message),
                              Style::warning}}});
        return ended;
    }

    RecoveryEnd stopped(const execute::RunResult &result) {
        const std::string step = result.step < plan_.steps.size()
                                     ? plan::title(plan_.steps[result.step], plan_, machines())
                                     : "";
        switch (result.kind) {
        case execute::RunResult::Kind::done: break;
        case execute::RunResult::Kind::stopped:
            return end(Outcome::cancelled,
                       fmt::format("stopped before \"{}\"; starting again goes on there", step));
        case execute::RunResult::Kind::blocked:
            return end(Outcome::refused,
                       fmt::format("\"{}\" must not be done: {}", step, result.error.message));
        case execute::RunResult::Kind::failed:
            terminal_.show(failure_screen(plan_, machines()));
            return end(
                Outcome::failed,
                fmt::format(
                    "\"{}\" failed: {}. Nothing after it was done; starting again goes on there.",
                    step, result.error.message));
        }
        return end(Outcome::failed, "the steps ended unexpectedly");
    }

    RecoveryEnd proven(execute::Context &context) {
        terminal_.status("reading everything back ...");
        const execute::ProofReport report = execute::prove(context);
        terminal_.show(proof_screen(report));
        note_proof(report);
        if (!report.all())
            return end(Outcome::failed, "not everything is proven: see the lines marked NO above");
        const std::string host = util::printable(start_.profile.machine.host_name);
        const std::string gone = lost();
        return end(Outcome::done, gone.empty()
                                      ? fmt::format("{} is whole again", host)
                                      : fmt::format("{} is whole again but for {}", host, gone));
    }

    /// "" where all data is here again.
    [[nodiscard]] std::string lost() const {
        const std::string words = plan::lost_data_words(plan_, machines());
        return words.empty() ? "" : words + ", whose data is lost";
    }

    void note_proof(const execute::ProofReport &report) {
        for (const auto *proofs : {&report.arrays, &report.steps, &report.disks})
            for (const execute::Proof &proof : *proofs)
                journal_.note("proof", proof.sentence,
                              {{"proven", proof.proven ? "yes" : "no"}, {"disk", proof.disk}});
    }

    system::System &system_;
    Terminal &terminal_;
    const execute::Observe &observe_;
    const RecoveryStart &start_;
    std::optional<model::Machine> observed_;
    execute::Journal journal_;
    RebuildProgress rebuild_progress_{system_, terminal_};
    Outlook outlook_;
    plan::Plan plan_;
    bool medium_is_sound_ = false; ///< every byte of it was compared
};

} // namespace

std::string log_directory(const execute::Places &places) { return places.scratch + "/log"; }

RecoveryEnd recover(system::System &system, Terminal &terminal, const execute::Observe &observe,
                    const RecoveryStart &start) {
    return Recovery(system, terminal, observe, start).run();
}

} // namespace mdrescue::agent
