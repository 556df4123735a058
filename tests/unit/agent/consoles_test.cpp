// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/consoles.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <thread>
#include <unistd.h>

using namespace mdrescue::agent;

namespace {

/// The operator's end of a terminal; the agent opens the other end by its name under /dev.
class Operator {
  public:
    Operator() : file_(::posix_openpt(O_RDWR | O_NOCTTY)) {
        REQUIRE(file_ >= 0);
        REQUIRE(::grantpt(file_) == 0);
        REQUIRE(::unlockpt(file_) == 0);
        name = std::string(::ptsname(file_)).substr(5);
    }
    ~Operator() { hang_up(); }
    Operator(const Operator &) = delete;
    Operator &operator=(const Operator &) = delete;

    void type(const std::string &text) const {
        REQUIRE(::write(file_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    }
    /// All that is on the screen by now.
    [[nodiscard]] std::string screen() {
        pollfd ready{file_, POLLIN, 0};
        std::array<char, 4096> buffer{};
        while (::poll(&ready, 1, 50) > 0 && (ready.revents & POLLIN) != 0) {
            const ssize_t count = ::read(file_, buffer.data(), buffer.size());
            if (count <= 0)
                break;
            seen_.append(buffer.data(), static_cast<std::size_t>(count));
        }
        return seen_;
    }
    void hang_up() {
        if (file_ >= 0)
            ::close(file_);
        file_ = -1;
    }

    std::string name;

  private:
    int file_;
    std::string seen_;
};

bool contains(const std::string &text, const std::string &part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("which consoles there are") {
    CHECK(console_names("ttyS0\n") == std::vector<std::string>{"tty1", "ttyS0"});
    CHECK(console_names("tty0 ttyS0 ttyS1\n") ==
          std::vector<std::string>{"tty1", "ttyS0", "ttyS1"});
    CHECK(console_names("") == std::vector<std::string>{"tty1"});
}

TEST_CASE("one session on all consoles, answered from any") {
    Operator one;
    Operator two;
    Consoles consoles({one.name, "no-such-console", two.name}, false);
    consoles.show({{{"hello", Style::bad}}});
    two.type("2x\b\r");
    const Answer answer = consoles.ask("Choice: ");
    CHECK(answer.text == "2");
    CHECK(answer.console == 2);
    CHECK(contains(one.screen(), "\x1b[1;31mhello\x1b[0m\r\n"));
    CHECK(contains(one.screen(), "Choice: 2   (typed on " + two.name + ")\r\n"));
    CHECK(contains(two.screen(), "Choice: 2x\b \b\r\n"));
}

TEST_CASE("lines typed ahead answer the next questions, whatever ends them") {
    Operator one;
    Consoles consoles({one.name}, true);
    one.type("4\r\n1\n\n2\r");
    CHECK(consoles.ask("").text == "4");
    CHECK(consoles.ask("").text == "1");
    CHECK(consoles.ask("").text == "");
    CHECK(consoles.ask("").text == "2");
    one.type("\n"); // belongs to the \r
    one.type("5\n");
    CHECK(consoles.ask("").text == "5");
}

TEST_CASE("what is typed on two consoles is not mixed") {
    Operator one;
    Operator two;
    Consoles consoles({one.name, two.name}, true);
    one.type("junk from a noisy line");
    two.type("6\n");
    CHECK(consoles.ask("").text == "6");
}

TEST_CASE("plain: no escape codes at all") {
    Operator one;
    Consoles consoles({one.name}, true);
    consoles.clear();
    consoles.status("working");
    consoles.show({{{"hello", Style::bad}}});
    CHECK(contains(one.screen(), "working\r\nhello\r\n"));
    CHECK_FALSE(contains(one.screen(), "\x1b"));
}

TEST_CASE("a console that hangs up or ends does not stop the others") {
    Operator one;
    Operator two;
    Consoles consoles({one.name, two.name}, false);
    one.type("6");
    one.hang_up();
    consoles.show({{{"still here", Style::normal}}});
    std::thread later([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        two.type("3\n");
    });
    CHECK(consoles.ask("Choice: ").text == "3");
    later.join();
    CHECK(contains(two.screen(), "still here"));
}

TEST_CASE("a console that takes no output is left aside") {
    Operator stuck; // nobody reads its screen
    Operator good;
    Consoles consoles({stuck.name, good.name}, false);
    const auto start = std::chrono::steady_clock::now();
    std::size_t shown = 0;
    for (int i = 0; i < 40; ++i) {
        consoles.show({{{std::string(1000, 'x'), Style::normal}}});
        const std::string screen = good.screen();
        shown = static_cast<std::size_t>(std::count(screen.begin(), screen.end(), 'x'));
    }
    CHECK(shown == 40000);
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(30));
}

TEST_CASE("q and Ctrl-C interrupt, other keys do not") {
    Operator one;
    Consoles consoles({one.name}, false);
    CHECK_FALSE(consoles.interrupted());
    one.type("x\n");
    CHECK_FALSE(consoles.interrupted());
    one.type("\x03");
    CHECK(consoles.interrupted());
    one.type("q");
    CHECK(consoles.interrupted());
}

TEST_CASE(
    "a shell has job control and its terminal; the others are told; then the session goes on") {
    Operator one;
    Operator two;
    Consoles consoles({one.name, two.name}, false);
    one.type("tty; [ -t 0 ] && stty -a | head -1; sleep 60 & jobs; kill %1; exit\n");
    REQUIRE(consoles.shell(0));
    CHECK(contains(one.screen(), "/dev/" + one.name));
    CHECK(contains(one.screen(), "rows 24"));
    CHECK(contains(one.screen(), "sleep 60"));
    CHECK(contains(two.screen(), "shell is open on " + one.name));
    one.type("5\n");
    CHECK(consoles.ask("Choice: ").text == "5");
}

TEST_CASE("a passphrase is on no console, and its blanks stay") {
    Operator one;
    Operator other;
    Consoles consoles({one.name, other.name}, false);
    Answer answer;
    std::thread asking([&] { answer = consoles.ask_secret("Passphrase: "); });
    while (!contains(one.screen(), "Passphrase: ")) {
    }
    one.type(" open sesame \r");
    asking.join();
    CHECK(answer.text == " open sesame ");
    CHECK(answer.console == 0);
    for (Operator *each : {&one, &other})
        CHECK_FALSE(contains(each->screen(), "sesame"));
    CHECK(contains(other.screen(), "typed on " + one.name));
}
