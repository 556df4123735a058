// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/consoles.h"

#include "agent/shell.h"
#include "util/text.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utility>

namespace mdrescue::agent {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto reopen_after = 3s;
/// A line at 9600 baud takes 80 characters in a tenth of a second; one that takes none for this
/// long is held up by its other end.
constexpr int stalled_after = 3000; // ms
constexpr auto plain_status_every = 10s;

} // namespace

struct Consoles::Console {
    std::string name;
    int file = -1;
    bool stalled = false; ///< did not take output; no waiting for it until it does
    Clock::time_point closed_at{};
    LineEditor editor{};
    std::string ahead; ///< typed after a line that was an answer, for the next question

    explicit Console(std::string device) : name(std::move(device)) { open(); }
    ~Console() { close(); }
    Console(const Console &) = delete;
    Console &operator=(const Console &) = delete;

    [[nodiscard]] std::string path() const { return "/dev/" + name; }
    void open();
    void close();
    void set_up() const;
    void write(std::string_view bytes);
    [[nodiscard]] std::string read();
    [[nodiscard]] std::optional<std::string> take_line(std::string_view bytes);
    void forget_input() {
        editor = LineEditor();
        ahead.clear();
    }
};

void Consoles::Console::open() {
    closed_at = Clock::now();
    // Not blocking: a serial line without a carrier would keep open() waiting. Not our controlling
    // terminal: a hang-up there would be a signal to us.
    file = ::open(path().c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (file >= 0)
        set_up();
}

void Consoles::Console::close() {
    if (file >= 0)
        ::close(file);
    file = -1;
    closed_at = Clock::now();
    forget_input();
}

/// Byte by byte without echo: the editor echoes. No signals from Ctrl-C, no modem lines.
void Consoles::Console::set_up() const {
    termios settings{};
    if (::tcgetattr(file, &settings) != 0)
        return;
    settings.c_iflag = IGNBRK | IGNPAR;
    settings.c_oflag = OPOST | ONLCR;
    settings.c_lflag = 0;
    settings.c_cflag |= CREAD | CLOCAL;
    settings.c_cflag &= ~static_cast<tcflag_t>(HUPCL);
    settings.c_cc[VMIN] = 1;
    settings.c_cc[VTIME] = 0;
    ::tcsetattr(file, TCSANOW, &settings);
}

void Consoles::Console::write(std::string_view bytes) {
    while (file >= 0 && !bytes.empty()) {
        const ssize_t count = ::write(file, bytes.data(), bytes.size());
        if (count > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(count));
            stalled = false;
        } else if (count < 0 && errno == EAGAIN) {
            pollfd ready{file, POLLOUT, 0};
            if (stalled || ::poll(&ready, 1, stalled_after) <= 0) {
                stalled = true;
                return;
            }
        } else if (count == 0 || errno != EINTR) {
            close();
        }
    }
}

/// What was typed; the console is closed at an end-of-file or error.
std::string Consoles::Console::read() {
    std::array<char, 256> buffer{};
    const ssize_t count = ::read(file, buffer.data(), buffer.size());
    if (count > 0)
        return {buffer.data(), static_cast<std::size_t>(count)};
    if (count == 0 || (errno != EAGAIN && errno != EINTR))
        close();
    return {};
}

/// The first line in what was typed, echoed; the rest is kept.
std::optional<std::string> Consoles::Console::take_line(std::string_view bytes) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        std::string echo;
        const auto line = editor.take(bytes[i], echo);
        write(echo);
        if (line) {
            ahead = bytes.substr(i + 1);
            return line;
        }
    }
    return std::nullopt;
}

std::vector<std::string> console_names(std::string_view active) {
    std::vector<std::string> names{"tty1"};
    for (const std::string_view word : util::split_words(util::trimmed(active))) {
        // tty0 is whichever virtual console is in front; a shell needs a certain one.
        const std::string name(word == "tty0" ? "tty1" : word);
        if (std::find(names.begin(), names.end(), name) == names.end())
            names.push_back(name);
    }
    return names;
}

Consoles::Consoles(const std::vector<std::string> &names, bool plain) : plain_(plain) {
    for (const std::string &name : names)
        consoles_.push_back(std::make_unique<Console>(name));
}

Consoles::~Consoles() = default;

void Consoles::open_missing() {
    for (const auto &console : consoles_)
        if (console->file < 0 && Clock::now() - console->closed_at >= reopen_after)
            console->open();
}

void Consoles::write_all(const std::string &coloured, const std::string &plain) {
    open_missing();
    for (const auto &console : consoles_)
        console->write(plain_ ? plain : coloured);
}

void Consoles::end_status() {
    if (status_open_)
        write_all("\r\x1b[K", "");
    status_open_ = false;
}

void Consoles::show(const Lines &lines) {
    end_status();
    write_all(rendered(lines, true), rendered(lines, false));
}

void Consoles::clear() {
    end_status();
    write_all("\x1b[0m\x1b[2J\x1b[H", "\n");
}

void Consoles::status(const std::string &text) {
    const auto now = Clock::now();
    const bool first = !status_open_;
    if (!first && text == status_)
        return; // a slow serial line has better things to carry
    status_open_ = true;
    status_ = text;
    if (!plain_) {
        write_all("\r" + text + "\x1b[K", "");
    } else if (first || now - last_status_ >= plain_status_every) {
        write_all("", text + "\n"); // a screen reader does not want every second of it
        last_status_ = now;
    }
}

/// Waits a while for input: (console, bytes) for each that had some.
std::vector<std::pair<std::size_t, std::string>> Consoles::read_bytes(int milliseconds) {
    open_missing();
    std::vector<pollfd> files;
    for (const auto &console : consoles_)
        files.push_back({console->file, POLLIN, 0}); // poll() skips -1
    ::poll(files.data(), files.size(), milliseconds);
    std::vector<std::pair<std::size_t, std::string>> result;
    for (std::size_t i = 0; i < files.size(); ++i)
        if (files[i].revents != 0)
            if (std::string bytes = consoles_[i]->read(); !bytes.empty())
                result.emplace_back(i, std::move(bytes));
    return result;
}

/// The answer is shown where it was not typed, so that every console tells the whole story.
void Consoles::answered(std::size_t console, const std::string &prompt, const std::string &text) {
    const std::string story =
        fmt::format("\r{}{}   (typed on {})\n", prompt, text, consoles_[console]->name);
    for (std::size_t i = 0; i < consoles_.size(); ++i)
        if (i != console)
            consoles_[i]->write(plain_ ? story.substr(1) : story);
}

Answer Consoles::ask(const std::string &prompt) {
    Answer answer = ask_line(prompt, false);
    answer.text = util::trimmed(answer.text);
    return answer;
}

Answer Consoles::ask_secret(const std::string &prompt) { return ask_line(prompt, true); }

Answer Consoles::ask_line(const std::string &prompt, bool secret) {
    end_status();
    write_all(prompt, prompt);
    std::vector<std::pair<std::size_t, std::string>> input;
    for (std::size_t i = 0; i < consoles_.size(); ++i) {
        // Half a line from before the question is no part of an answer.
        consoles_[i]->editor.begin(secret);
        input.emplace_back(i, std::exchange(consoles_[i]->ahead, {}));
    }
    for (;; input = read_bytes(500)) {
        for (auto entry = input.begin(); entry != input.end(); ++entry) {
            const auto line = consoles_[entry->first]->take_line(entry->second);
            if (!line)
                continue;
            for (auto other = entry + 1; other != input.end(); ++other)
                consoles_[other->first]->ahead = other->second;
            answered(entry->first, prompt, secret ? "" : *line);
            return {*line, entry->first};
        }
    }
}

bool Consoles::interrupted() {
    constexpr char ctrl_c = 3;
    bool found = false;
    for (const auto &[index, bytes] : read_bytes(0)) {
        found = found || bytes.find(ctrl_c) != std::string::npos ||
                bytes.find_first_of("qQ") != std::string::npos;
        consoles_[index]->forget_input();
    }
    return found;
}

/// Anyone at another console learns why nothing answers there.
void Consoles::tell_others(std::size_t console) {
    const std::string text =
        fmt::format("\nA rescue shell is open on {}; the menu comes back when it ends.\n",
                    consoles_[console]->name);
    for (std::size_t i = 0; i < consoles_.size(); ++i)
        if (i != console)
            consoles_[i]->write(text);
}

util::Result<void> Consoles::shell(std::size_t console) {
    Console &own = *consoles_[console];
    MDR_TRY_ASSIGN(const pid_t pid, start_shell(own.path(), terminal_type(own.name)));
    tell_others(console);
    own.close();
    pid_t ended = 0;
    while ((ended = ::waitpid(pid, nullptr, WNOHANG)) == 0 || (ended < 0 && errno == EINTR)) {
        own.closed_at = Clock::now(); // it is the shell's: not opened by us meanwhile
        for (const auto &[index, bytes] : read_bytes(200))
            if (bytes.find_first_of("\r\n") != std::string::npos)
                tell_others(console);
    }
    own.open();
    return {};
}

} // namespace mdrescue::agent
