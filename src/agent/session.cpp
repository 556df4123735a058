// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/session.h"

#include "agent/check.h"
#include "agent/console_progress.h"
#include "agent/installed.h"
#include "agent/medium_copy.h"
#include "agent/modules.h"
#include "agent/recovery.h"
#include "agent/screens.h"
#include "agent/waiting.h"
#include "execute/assemble.h"
#include "execute/named_devices.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>

namespace mdrescue::agent {
namespace {

util::Result<void> sound(const CheckReport &report) {
    if (!report.sound())
        return util::fail("the medium is damaged: " + util::printable(report.damaged.front()));
    return {};
}

class Session {
  public:
    Session(system::System &system, Terminal &terminal, const Observe &observe,
            const Arguments &arguments)
        : system_(system), terminal_(terminal), observe_(observe), arguments_(arguments),
          modules_(system) {}

    Ending run();

  private:
    void say(const std::string &text, Style style = Style::normal) {
        terminal_.show({{{text, style}}});
    }
    void end_with(Outcome outcome, const std::string &sentence) {
        terminal_.show({result_line(outcome, sentence)});
    }
    /// For what is to be seen on every later screen.
    void remember(const util::Error &error) { facts_.warnings.push_back(error.message); }

    void load_drivers();
    void look_at_medium();
    void look_at_machine();
    void look();
    void assemble_recorded();
    void compare();
    void check();
    void open_shell(std::size_t console);
    util::Result<void> check_once(util::Progress &progress);
    util::Result<void> check_and_keep(util::Progress &progress);
    std::optional<Ending> recover(bool unattended);
    std::optional<Ending> finished();
    std::optional<Ending> leave(Ending ending);
    std::optional<Ending> start_installed();
    void show_pages(const Lines &lines);
    void show_log();
    std::optional<Ending> choose();

    system::System &system_;
    Terminal &terminal_;
    const Observe &observe_;
    const Arguments &arguments_;
    Modules modules_;
    Medium medium_;
    Facts facts_;
    bool medium_sound_ = false;
    std::vector<std::string> driver_warnings_;
};

void Session::load_drivers() {
    say("Loading drivers ...");
    if (const auto result = modules_.load_listed())
        driver_warnings_ = *result;
    else
        driver_warnings_.push_back(result.error().message);
}

void Session::look_at_medium() {
    if (facts_.medium.empty()) {
        const auto found = wait_for_medium(system_, terminal_, modules_, arguments_.image_id);
        if (!found) {
            facts_.warnings.push_back(fmt::format(
                "The medium{} was not found. If it is in a drive or a virtual one, connect it "
                "again and choose 3.",
                arguments_.image_id.empty() ? "" : " " + util::printable(arguments_.image_id)));
            std::string names;
            for (const BlockDevice &device : block_devices(system_))
                names += " " + util::printable(device.name) + (device.size == 0 ? " (empty)" : "");
            facts_.warnings.push_back("Devices seen:" + (names.empty() ? " none" : names));
            return;
        }
        medium_ = *found;
        facts_.medium = found->device;
    }
    say(fmt::format("Medium found: {}", facts_.medium));
    auto profile = read_profile(system_, arguments_.image_id);
    if (profile)
        facts_.profile = std::move(*profile);
    else
        remember(profile.error());
}

/// Probing and comparing; what was known before is forgotten.
void Session::compare() {
    facts_.observed.reset();
    facts_.comparison.reset();
    auto observed = observe_();
    if (!observed) {
        remember(observed.error());
        return;
    }
    facts_.observed = std::move(*observed);
    if (facts_.profile)
        facts_.comparison = diagnose::compare(*facts_.profile, *facts_.observed);
}

void Session::assemble_recorded() {
    facts_.assemblies.clear();
    if (!facts_.profile || !facts_.observed)
        return;
    facts_.assemblies = diagnose::decide_assembly(facts_.profile->machine, *facts_.observed);
    const bool wanted = std::any_of(facts_.assemblies.begin(), facts_.assemblies.end(),
                                    [](const diagnose::Assembly &one) {
                                        return one.verdict == diagnose::Verdict::start ||
                                               one.verdict == diagnose::Verdict::restart;
                                    });
    if (!wanted)
        return;
    if (const auto result = start_arrays_read_only(system_); !result) {
        for (diagnose::Assembly &assembly : facts_.assemblies)
            assembly.error = result.error().message;
        return;
    }
    say("Starting the recorded arrays, read-only ...");
    if (execute::assemble(system_, *facts_.observed, facts_.assemblies))
        compare();
}

void Session::look_at_machine() {
    wait_for_disks(system_, terminal_, modules_,
                   facts_.profile ? &facts_.profile->machine : nullptr);
    say("Reading the disks ...");
    compare();
    assemble_recorded();
    if (facts_.observed)
        facts_.warnings.insert(facts_.warnings.end(), facts_.observed->warnings.begin(),
                               facts_.observed->warnings.end());
}

void Session::look() {
    facts_.warnings = driver_warnings_;
    if (!arguments_.unsupported_mode.empty())
        facts_.warnings.push_back(fmt::format("Mode {} is not part of this version.",
                                              util::printable(arguments_.unsupported_mode)));
    look_at_medium();
    look_at_machine();
}

void Session::check() {
    if (facts_.medium.empty()) {
        end_with(Outcome::failed, "the medium was not found, so it cannot be checked");
        return;
    }
    util::cancel_requested = false;
    ConsoleProgress progress(system_, terminal_);
    const auto report = check_medium(system_, medium_, progress);
    const bool cancelled = util::cancel_requested.exchange(false);
    const std::string what = medium_.copy.empty() ? "medium" : "copy of the medium in memory";
    if (report) {
        terminal_.show(check_result(*report));
        if (report->sound())
            end_with(Outcome::done, fmt::format("the {} is sound, {} checked", what,
                                                util::size_text(report->bytes)));
        else
            end_with(Outcome::failed,
                     fmt::format("the {} is damaged, {}", what,
                                 report->damaged.size() == 1
                                     ? std::string("1 part differs")
                                     : fmt::format("{} parts differ", report->damaged.size())));
    } else if (cancelled) {
        end_with(Outcome::cancelled, "the check of the medium was stopped");
    } else {
        end_with(Outcome::failed, "the medium cannot be checked: " + report.error().message);
    }
}

void Session::open_shell(std::size_t console) {
    terminal_.show(shell_greeting(facts_));
    if (const auto result = terminal_.shell(console); !result)
        say(result.error().message, Style::bad);
}

/// Every byte of the medium once in a session; a sound one need not be read again.
util::Result<void> Session::check_once(util::Progress &progress) {
    if (medium_sound_)
        return {};
    MDR_TRY_ASSIGN(const CheckReport report, check_medium(system_, medium_, progress));
    MDR_TRY(sound(report));
    medium_sound_ = true;
    return {};
}

/// The same, and the medium need not stay in its drive for what follows.
util::Result<void> Session::check_and_keep(util::Progress &progress) {
    if (medium_sound_ || !medium_.copy.empty())
        return check_once(progress);
    const auto devices = execute::named_devices(facts_.profile->machine);
    const bool luks = std::any_of(devices.begin(), devices.end(), [](const auto &device) {
        return device.content->kind == model::Content::Kind::luks;
    });
    MediumCopy copy(system_, image_size(system_, medium_),
                    memory_for_work + (luks ? memory_for_luks : 0));
    MDR_TRY_ASSIGN(const CheckReport report,
                   check_medium(system_, medium_, progress,
                                [&](std::string_view bytes) { copy.append(bytes); }));
    MDR_TRY(sound(report));
    MDR_TRY_ASSIGN(const bool kept, copy.take_place_of(medium_)); // else nothing is mounted
    medium_sound_ = true;
    if (kept)
        say("The medium is sound, and is in memory now: it may be taken out.", Style::good);
    else
        say("The medium is sound. It could not be kept in memory: keep it in.");
    return {};
}

/// An ending when the machine is to be restarted or switched off now.
std::optional<Ending> Session::recover(bool unattended) {
    if (const std::string reason = refusal(facts_); !reason.empty()) {
        end_with(Outcome::refused, reason);
        return std::nullopt;
    }
    execute::Places places;
    places.medium = medium_directory;
    const RecoveryStart start{
        .profile = *facts_.profile,
        .places = std::move(places),
        .medium = facts_.medium,
        .check_medium = [this](util::Progress &progress) { return check_and_keep(progress); },
        .observed = unattended ? facts_.observed : std::nullopt, // just looked at
        .unattended = unattended};
    const RecoveryEnd ended = agent::recover(system_, terminal_, observe_, start);
    end_with(ended.outcome, ended.sentence);
    if (ended.restart)
        return leave(Ending::restart);
    return ended.outcome == Outcome::done ? finished() : std::nullopt;
}

/// The disc must not be forgotten in its drive.
std::optional<Ending> Session::finished() {
    for (;;) {
        terminal_.show({{{"mdrescue: READY finished", Style::normal}}});
        const Answer answer = terminal_.ask(
            "Remove the disc, then type r to restart, p to power off, m for the menu: ");
        if (answer.text == "r")
            return Ending::restart;
        if (answer.text == "p")
            return Ending::power_off;
        if (answer.text == "m")
            return std::nullopt;
    }
}

/// The same, before the recovery is done. None: the operator goes back.
std::optional<Ending> Session::leave(Ending ending) {
    const bool off = ending == Ending::power_off;
    const Answer answer = terminal_.ask(
        fmt::format("Remove the disc, or the machine starts from it again. Enter: {}, "
                    "m: menu: ",
                    off ? "power off" : "restart"));
    return answer.text.empty() ? std::optional(ending) : std::nullopt;
}

/// An ending when the installed system is mounted and can be gone to.
std::optional<Ending> Session::start_installed() {
    if (const std::string reason = installed_refusal(facts_); !reason.empty()) {
        end_with(Outcome::refused, reason);
        return std::nullopt;
    }
    util::cancel_requested = false;
    ConsoleProgress progress(system_, terminal_);
    auto result = check_once(progress); // FAULTS 22
    if (util::cancel_requested.exchange(false)) {
        end_with(Outcome::cancelled, "the start of the installed system was stopped");
        return std::nullopt;
    }
    if (result)
        result = prepare_installed(system_, terminal_, facts_, arguments_, observe_);
    if (!result) {
        end_with(Outcome::failed,
                 "the installed system cannot be started: " + result.error().message);
        say(result.error().hint);
        return std::nullopt;
    }
    end_with(Outcome::done, "starting the installed system");
    return Ending::installed;
}

/// There is no scrolling back on a screen.
void Session::show_pages(const Lines &lines) {
    constexpr std::size_t page = screen_rows - 2;
    for (std::size_t from = 0; from < lines.size(); from += page) {
        const std::size_t to = std::min(from + page, lines.size());
        terminal_.clear();
        terminal_.show({lines.begin() + static_cast<std::ptrdiff_t>(from),
                        lines.begin() + static_cast<std::ptrdiff_t>(to)});
        const bool last = to == lines.size();
        const Answer answer = terminal_.ask(last ? "Enter: back to the overview "
                                                 : "Enter: next page, q: back to the overview ");
        if (answer.text == "q")
            return;
    }
}

void Session::show_log() {
    const auto text = system_.read_file(log_directory(execute::Places()) + "/recovery.log");
    show_pages(log_lines(text ? *text : "Nothing was begun since this system was started.\n"));
}

/// One answer to the menu; an ending when that was chosen.
std::optional<Ending> Session::choose() {
    const Answer answer = terminal_.ask("Your choice, then Enter: ");
    if (answer.text == "1" || answer.text == "8") {
        if (const auto ending = answer.text == "1" ? recover(false) : start_installed())
            return ending;
        static_cast<void>(terminal_.ask("Enter: back to the overview "));
        look();
        return std::nullopt;
    } else if (answer.text == "2") {
        open_shell(answer.console);
    } else if (answer.text == "3") {
        look();
    } else if (answer.text == "4") {
        check();
    } else if (answer.text == "5" || answer.text == "6") {
        const bool off = answer.text == "6";
        const auto ending = leave(off ? Ending::power_off : Ending::restart);
        if (ending)
            end_with(Outcome::cancelled, off ? "powering off" : "restarting");
        return ending;
    } else if (answer.text == "7") {
        show_pages(details(facts_));
        return std::nullopt;
    } else if (answer.text == "9") {
        show_log();
        return std::nullopt;
    } else {
        if (!answer.text.empty())
            say(fmt::format("\"{}\" is not on the menu.", answer.text));
        return std::nullopt;
    }
    if (answer.text == "4")
        static_cast<void>(terminal_.ask("Enter: back to the overview "));
    return std::nullopt;
}

Ending Session::run() {
    terminal_.clear();
    terminal_.show({{{fmt::format("mdrescue {}", MDRESCUE_VERSION), Style::strong},
                     {"  (everything runs from memory; no data is written until you say so)",
                      Style::normal}}});
    load_drivers();
    if (arguments_.mode == Mode::shell) {
        look_at_medium();
        open_shell(terminal_.ask("Press Enter where you want the rescue shell: ").console);
    } else if (arguments_.mode == Mode::verify) {
        look_at_medium();
        check();
        static_cast<void>(terminal_.ask("Enter: on to the menu "));
    }
    look();
    if (arguments_.mode == Mode::unattended || arguments_.mode == Mode::installed) {
        const bool unattended = arguments_.mode == Mode::unattended;
        if (const auto ending = unattended ? recover(true) : start_installed())
            return *ending;
        static_cast<void>(terminal_.ask("Enter: on to the menu "));
        look();
    }
    for (;;) {
        terminal_.clear();
        terminal_.show(overview(facts_));
        terminal_.show({{{"mdrescue: READY guided", Style::normal}}});
        if (const auto ending = choose())
            return *ending;
    }
}

} // namespace

Ending run_session(system::System &system, Terminal &terminal, const Observe &observe,
                   const Arguments &arguments) {
    return Session(system, terminal, observe, arguments).run();
}

} // namespace mdrescue::agent
