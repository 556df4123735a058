// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/pid1.h"

#include "agent/consoles.h"
#include "agent/early.h"
#include "agent/installed.h"
#include "agent/session.h"
#include "agent/shell.h"
#include "agent/switch_root.h"
#include "probe/probe.h"
#include "util/text.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// What process 1 does about processes, signals and the end of the machine has no place in System:
// nothing of it can be recorded, and a test could not survive it.

namespace mdrescue::agent {
namespace {

constexpr int exit_restart = 10;
constexpr int exit_power_off = 11;
constexpr int exit_installed = 12;
constexpr unsigned most_crashes = 3;

/// All that is said before or without a session.
void say(const std::vector<std::string> &consoles, const std::string &text) {
    for (const std::string &name : consoles) {
        const int file = ::open(("/dev/" + name).c_str(), O_WRONLY | O_NOCTTY | O_NONBLOCK);
        if (file < 0)
            continue;
        const std::string line = "\r\n" + text + "\r\n";
        // A console that takes nothing has nobody looking at it.
        static_cast<void>(!::write(file, line.data(), line.size()));
        ::close(file);
    }
}

void block_signals(int how) {
    sigset_t all;
    ::sigfillset(&all);
    ::sigprocmask(how, &all, nullptr);
}

/// The kernel gives process 1 its console, if there is one, as all three streams; a program without
/// them would take the first file it opens for one.
void open_streams() {
    for (int stream = 0; stream < 3; ++stream)
        if (::fcntl(stream, F_GETFD) < 0 && ::open("/dev/null", O_RDWR) != stream)
            return;
}

util::Result<model::Machine> observe(system::System &system) {
    MDR_TRY_ASSIGN(const probe::Facts facts, probe::collect(system));
    return probe::interpret(facts);
}

[[noreturn]] void session_process(system::System &system, const std::vector<std::string> &names,
                                  const std::vector<std::string> &warnings) {
    block_signals(SIG_UNBLOCK);
    ::signal(SIGPIPE, SIG_IGN);
    const Arguments arguments = parse_arguments(system.read_file("/proc/cmdline").value_or(""));
    Consoles consoles(names, arguments.plain);
    for (const std::string &warning : warnings)
        consoles.show({{{"! " + warning, Style::warning}}});
    const Ending ending = run_session(
        system, consoles, [&] { return observe(system); }, arguments);
    switch (ending) {
    case Ending::restart: ::_exit(exit_restart);
    case Ending::power_off: ::_exit(exit_power_off);
    case Ending::installed: ::_exit(exit_installed);
    }
    ::_exit(exit_restart);
}

[[noreturn]] void end_machine(const std::vector<std::string> &consoles, int how) {
    say(consoles, how == RB_AUTOBOOT ? "mdrescue: restarting" : "mdrescue: powering off");
    ::kill(-1, SIGTERM);
    // Programs get a moment to end by themselves; the loop ends early when there are none left.
    for (int tenths = 0; tenths < 20 && ::waitpid(-1, nullptr, WNOHANG) >= 0; ++tenths)
        ::usleep(100000);
    ::kill(-1, SIGKILL);
    ::sync();
    ::reboot(how);
    ::reboot(static_cast<int>(RB_HALT_SYSTEM));
    for (;;)
        ::pause();
}

/// The installed system says as much as it is told to: the kernel's default, or what "quiet" makes
/// of it (CONSOLE_LOGLEVEL_DEFAULT and _QUIET).
void start_installed(system::System &system, const std::vector<std::string> &consoles) {
    const std::string command_line = system.read_file("/proc/cmdline").value_or("");
    const auto words = util::split_words(command_line);
    const bool quiet = std::find(words.begin(), words.end(), "quiet") != words.end();
    static_cast<void>(
        system.write_control("/proc/sys/kernel/printk", quiet ? "4 4 1 7" : "7 4 1 7"));
    const auto result = switch_root(installed_root, parse_arguments(command_line).init);
    say(consoles, "mdrescue: RESULT failed: " + result.error().message);
}

/// Waits for a signal and says what it asks for. busybox's reboot, poweroff and halt send these,
/// and the kernel sends SIGINT for Ctrl-Alt-Del.
std::optional<int> ending_of_signal(int signal) {
    switch (signal) {
    case SIGINT:
    case SIGTERM: return RB_AUTOBOOT;
    case SIGUSR1:
    case SIGUSR2:
    case SIGPWR: return RB_POWER_OFF;
    default: return std::nullopt;
    }
}

std::string how_it_died(int status) {
    return WIFSIGNALED(status) ? fmt::format("signal {}", WTERMSIG(status))
                               : fmt::format("status {}", WEXITSTATUS(status));
}

class Init {
  public:
    [[noreturn]] void run();

  private:
    void start_session();
    void start_shells();
    void session_ended(int status);
    void reap();

    std::unique_ptr<system::System> system_ = system::real_system();
    std::vector<std::string> warnings_;
    std::vector<std::string> consoles_;
    pid_t session_ = -1;
    unsigned crashes_ = 0;
    std::map<pid_t, std::string> shells_; ///< console by process, once the session is given up
};

void Init::start_session() {
    session_ = ::fork();
    if (session_ == 0)
        session_process(*system_, consoles_, warnings_);
    if (session_ < 0) {
        say(consoles_, "mdrescue: no session can be started");
        start_shells();
    }
}

void Init::start_shells() {
    for (const std::string &name : consoles_) {
        const bool has_one = std::any_of(shells_.begin(), shells_.end(),
                                         [&](const auto &shell) { return shell.second == name; });
        if (has_one || ::access(("/dev/" + name).c_str(), F_OK) != 0)
            continue;
        if (const auto pid = start_shell("/dev/" + name, terminal_type(name)))
            shells_[*pid] = name;
    }
}

void Init::session_ended(int status) {
    session_ = -1;
    if (WIFEXITED(status) && WEXITSTATUS(status) == exit_restart)
        end_machine(consoles_, RB_AUTOBOOT);
    if (WIFEXITED(status) && WEXITSTATUS(status) == exit_power_off)
        end_machine(consoles_, RB_POWER_OFF);
    if (WIFEXITED(status) && WEXITSTATUS(status) == exit_installed)
        start_installed(*system_, consoles_);
    ++crashes_;
    ::kill(-1, SIGKILL); // its programs, and a shell that would share a console with the next one
    say(consoles_, fmt::format("mdrescue: the session ended unexpectedly ({}). This is an error in "
                               "mdrescue.",
                               how_it_died(status)));
    if (crashes_ < most_crashes) {
        start_session();
        return;
    }
    say(consoles_, "mdrescue: RESULT failed: the session ended unexpectedly three times; rescue "
                   "shells follow, \"reboot\" and \"poweroff\" work in them");
    start_shells();
}

void Init::reap() {
    int status = 0;
    pid_t pid = 0;
    while ((pid = ::waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == session_)
            session_ended(status);
        else if (shells_.erase(pid) != 0)
            start_shells();
    }
}

void Init::run() {
    block_signals(SIG_BLOCK);
    ::reboot(RB_DISABLE_CAD); // Ctrl-Alt-Del is a signal to us instead of an immediate reset
    ::umask(022);
    // Programs are found by our own PATH (posix_spawnp), which the kernel does not set.
    ::setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
    warnings_ = early_start(*system_);
    open_streams();
    consoles_ = console_names(system_->read_file("/sys/class/tty/console/active").value_or(""));
    start_session();
    sigset_t all;
    ::sigfillset(&all);
    for (;;) {
        // A signal can stand for several ended processes, and one can be missed between two calls:
        // a look every few seconds costs nothing.
        const timespec limit{5, 0};
        const int signal = ::sigtimedwait(&all, nullptr, &limit);
        if (const auto how = ending_of_signal(signal))
            end_machine(consoles_, *how);
        reap();
    }
}

} // namespace

void run_as_init() {
    static Init init; // never destroyed: process 1 does not end
    init.run();
}

} // namespace mdrescue::agent
