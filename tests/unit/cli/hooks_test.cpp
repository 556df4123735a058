// SPDX-License-Identifier: GPL-3.0-or-later
// The hooks as they are installed, with programs in their places that write down how they were
// called.
#include "cli/scratch.h"
#include "small_root.h"
#include "system/system.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace mdrescue;

namespace {

/// One line that is written into a pipe; "" where nobody writes for ten seconds.
std::string said_into(const std::string &pipe) {
    const int reading = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    pollfd ready{reading, POLLIN, 0};
    std::string line(100, '\0');
    ssize_t got = 0;
    if (::poll(&ready, 1, 10000) == 1)
        got = ::read(reading, line.data(), line.size());
    ::close(reading);
    line.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return line;
}

struct Hooks {
    cli::Scratch scratch = cli::Scratch::make().value();
    std::string bin = scratch.path() + "/bin";
    std::string libexec = scratch.path() + "/libexec";
    std::string calls = scratch.path() + "/calls";
    std::unique_ptr<system::System> system = system::real_system();

    Hooks() {
        install("refresh-in-background", libexec + "/mdrescue/refresh-in-background");
        install("mdadm-event", libexec + "/mdrescue/mdadm-event");
        install("zzz-mdrescue", scratch.path() + "/zzz-mdrescue");
        fake("mdrescue", 1); // not fresh: nobody's upgrade is to fail for that
        fake("systemctl", 1);
        fake("ischroot", 1);
    }

    /// As CMake does it; and the place of systemd is ours.
    void install(const std::string &name, const std::string &place) const {
        std::string text = test::get(MDRESCUE_SOURCE_DIR "/src/cli/hooks/" + name + ".in");
        REQUIRE_FALSE(text.empty());
        for (const auto &[from, to] :
             {std::pair<std::string, std::string>{"@CMAKE_INSTALL_FULL_SBINDIR@", bin},
              {"@CMAKE_INSTALL_FULL_LIBEXECDIR@", libexec},
              {"/run/systemd/system", scratch.path() + "/systemd"}})
            for (auto at = text.find(from); at != std::string::npos; at = text.find(from))
                text.replace(at, from.size(), to);
        CHECK(text.find('@') == std::string::npos);
        put_program(place, text);
    }

    void fake(const std::string &name, int status) const {
        put_program(bin + "/" + name, "#!/bin/sh\necho " + name + " \"$@\" >>" + calls + "\nexit " +
                                          std::to_string(status) + "\n");
    }

    static void put_program(const std::string &place, const std::string &text) {
        test::put(place, text);
        REQUIRE(::chmod(place.c_str(), 0755) == 0);
    }

    /// Exit status and what was called; waits for what goes on in the background.
    std::string call(std::vector<std::string> argv) {
        std::filesystem::remove(calls);
        argv.insert(argv.begin(), {"env", "PATH=" + bin + ":/usr/bin:/bin"});
        const auto ended = system->run({.argv = argv});
        REQUIRE_MESSAGE(ended.has_value(), ended.error().message);
        CHECK(ended->out == "");
        return std::to_string(ended->status) + " " + test::get(calls);
    }
};

} // namespace

TEST_CASE_FIXTURE(Hooks,
                  "a kernel's hook: by systemd where it runs, else at once, and it never fails") {
    const std::string hook = scratch.path() + "/zzz-mdrescue";
    CHECK(call({hook, "6.1.0-1", "/boot/vmlinuz-6.1.0-1"}) ==
          "0 ischroot\nmdrescue refresh --hook\n");
    std::filesystem::create_directory(scratch.path() + "/systemd");
    CHECK(call({hook}) == "0 ischroot\nsystemctl --no-block restart mdrescue-refresh.service\n");
    fake("ischroot", 0);
    CHECK(call({hook}) == "0 ischroot\n"); // somebody else's disks
    std::filesystem::remove(bin + "/mdrescue");
    CHECK(call({hook}) == "0 ");
    std::filesystem::remove_all(libexec);
    CHECK(call({hook}) == "0 ");
}

TEST_CASE_FIXTURE(Hooks,
                  "mdadm's events: those that have changed an array, and mdadm does not wait") {
    const std::string hook = libexec + "/mdrescue/mdadm-event";
    for (const std::string event : {"TestMessage", "RebuildStarted", "Rebuild20", "Rebuild80"})
        CHECK(call({hook, event, "/dev/md0"}) == "0 ");
    // The program waits until the pipe is read: whoever waited for it would never get that far.
    const std::string pipe = scratch.path() + "/pipe";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    put_program(bin + "/mdrescue", "#!/bin/sh\necho \"$@\" >" + pipe + "\n");
    for (const std::string event : {"Fail", "DegradedArray", "SpareActive", "RebuildFinished",
                                    "NewArray", "DeviceDisappeared"}) {
        CHECK(call({hook, event, "/dev/md0", "/dev/sda1"}).starts_with("0 "));
        CHECK(said_into(pipe) == "refresh --hook\n");
    }
}
