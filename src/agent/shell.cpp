// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/shell.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

namespace mdrescue::agent {
namespace {

/// The usual settings of a terminal with a person at it (termios(3)).
void make_sane(int terminal) {
    termios settings{};
    if (::tcgetattr(terminal, &settings) != 0)
        return;
    settings.c_iflag = ICRNL | IXON | IUTF8;
    settings.c_oflag = OPOST | ONLCR;
    settings.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN;
    settings.c_cflag |= CREAD | CLOCAL;
    settings.c_cflag &= ~static_cast<tcflag_t>(HUPCL);
    settings.c_cc[VINTR] = 3;
    settings.c_cc[VERASE] = 0x7f;
    settings.c_cc[VEOF] = 4;
    settings.c_cc[VSUSP] = 26;
    settings.c_cc[VMIN] = 1;
    settings.c_cc[VTIME] = 0;
    ::tcsetattr(terminal, TCSANOW, &settings);
    // A serial line does not know its size, and an editor then draws on nothing.
    winsize size{};
    if (::ioctl(terminal, TIOCGWINSZ, &size) == 0 && size.ws_row == 0) {
        size.ws_row = 24;
        size.ws_col = 80;
        ::ioctl(terminal, TIOCSWINSZ, &size);
    }
}

void default_signals() {
    for (int signal = 1; signal < NSIG; ++signal)
        ::signal(signal, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

const char *installed_shell() {
    for (const char *path :
         {"/bin/bash", "/usr/bin/bash", "/bin/busybox", "/usr/bin/busybox", "/bin/sh"})
        if (::access(path, X_OK) == 0)
            return path;
    return nullptr;
}

[[noreturn]] void become_shell(const char *shell, const std::string &terminal,
                               const std::string &type) {
    default_signals();
    ::setsid();
    const int file = ::open(terminal.c_str(), O_RDWR);
    if (file < 0)
        ::_exit(126);
    make_sane(file);
    ::ioctl(file, TIOCSCTTY, 1); // 1: take it from whoever has it
    for (int stream = 0; stream < 3; ++stream)
        ::dup2(file, stream);
    if (file > 2)
        ::close(file);
    if (::chdir("/") != 0)
        ::_exit(126);
    const std::string term = "TERM=" + type;
    const char *environment[] = {
        term.c_str(),
        "HOME=/",
        "USER=root",
        "LC_ALL=C",
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "PS1=rescue:\\w# ",
        nullptr};
    // The dash makes it a login shell; busybox goes by the rest of the name.
    const char *argv[] = {"-sh", nullptr};
    ::execve(shell, const_cast<char **>(argv), const_cast<char **>(environment));
    ::_exit(127);
}

} // namespace

std::string terminal_type(const std::string &console) {
    const bool virtual_console =
        console.starts_with("tty") && console.find_first_not_of("0123456789", 3) == console.npos;
    return virtual_console ? "linux" : "vt220";
}

util::Result<pid_t> start_shell(const std::string &terminal, const std::string &type) {
    const char *shell = installed_shell();
    if (shell == nullptr)
        return util::fail("there is no shell in this system");
    const pid_t pid = ::fork();
    if (pid < 0)
        return util::fail_errno("cannot start a shell", errno);
    if (pid == 0)
        become_shell(shell, terminal, type);
    return pid;
}

} // namespace mdrescue::agent
