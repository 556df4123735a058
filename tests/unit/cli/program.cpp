// SPDX-License-Identifier: GPL-3.0-or-later
#include "program.h"

#include "cli/command_line.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

namespace mdrescue::test {
namespace {

constexpr unsigned nobody = 65534;

/// In the child: standard input that ends after `text`, which a pipe has room for.
void type(const std::string &text) {
    std::array<int, 2> input{};
    if (::pipe(input.data()) != 0 ||
        ::write(input[1], text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        ::_exit(99);
    ::close(input[1]);
    ::dup2(input[0], STDIN_FILENO);
    ::close(input[0]);
}

/// In the child.
[[noreturn]] void be_the_program(const Run &run) {
    if (run.terminal)
        ::setenv("TERM", run.terminal_name.c_str(), 1);
    if (run.unprivileged &&
        (::setgroups(0, nullptr) != 0 || ::setgid(nobody) != 0 || ::setuid(nobody) != 0))
        ::_exit(99);
    if (run.deaf)
        ::close(STDERR_FILENO);
    std::vector<std::string> words{"mdrescue"};
    words.insert(words.end(), run.arguments.begin(), run.arguments.end());
    std::vector<char *> argv;
    for (auto &word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);
    const int status = cli::run(static_cast<int>(words.size()), argv.data());
    std::fflush(nullptr);
    ::_exit(status);
}

struct Stream {
    int descriptor = -1;
    std::string *text = nullptr;
};

/// False at the stream's end, which a terminal tells by EIO.
bool take(Stream &stream) {
    std::array<char, 4096> buffer{};
    const ssize_t count = ::read(stream.descriptor, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR)
        return true;
    if (count <= 0)
        return false;
    stream.text->append(buffer.data(), static_cast<std::size_t>(count));
    return true;
}

void listen(std::vector<Stream> streams, const Run &run, const Ended &ended, int process) {
    while (!streams.empty()) {
        std::vector<pollfd> polled;
        for (const auto &stream : streams)
            polled.push_back({stream.descriptor, POLLIN, 0});
        ::poll(polled.data(), polled.size(), -1);
        for (std::size_t i = polled.size(); i-- > 0;)
            if (polled[i].revents != 0 && !take(streams[i])) {
                ::close(streams[i].descriptor);
                streams.erase(streams.begin() + static_cast<std::ptrdiff_t>(i));
            }
        if (run.watch)
            run.watch(ended.out + ended.err, process);
    }
}

} // namespace

Ended run_program(const Run &run) {
    Ended ended;
    std::fflush(nullptr); // or the child would say it again
    std::array<int, 2> out{}, err{};
    int terminal = -1;
    pid_t process = -1;
    if (run.terminal) {
        const winsize size{25, 80, 0, 0};
        process = ::forkpty(&terminal, nullptr, nullptr, &size);
    } else {
        REQUIRE((::pipe(out.data()) == 0 && ::pipe(err.data()) == 0));
        process = ::fork();
    }
    REQUIRE(process >= 0);
    if (process == 0) {
        if (!run.terminal) {
            type(run.input);
            const int place = run.out.empty() ? out[1] : ::open(run.out.c_str(), O_WRONLY);
            if (place < 0 || ::dup2(place, STDOUT_FILENO) < 0)
                ::_exit(99);
            ::dup2(err[1], STDERR_FILENO);
            for (const int end : {out[0], out[1], err[0], err[1]})
                ::close(end);
        }
        be_the_program(run);
    }
    if (run.terminal) {
        listen({{terminal, &ended.out}}, run, ended, process);
    } else {
        ::close(out[1]);
        ::close(err[1]);
        listen({{out[0], &ended.out}, {err[0], &ended.err}}, run, ended, process);
    }
    int status = 0;
    while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
    }
    ended.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return ended;
}

} // namespace mdrescue::test
