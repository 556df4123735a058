// SPDX-License-Identifier: GPL-3.0-or-later
#include "system/system.h"
#include "util/text.h"

#include <doctest/doctest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace mdrescue;
using namespace std::chrono_literals;

TEST_CASE("a program gets its arguments as they are, its input, a fixed environment") {
    const auto system = system::real_system();
    CHECK(system->run({.argv = {"printf", "%s|", "$(reboot)", "a b"}})->out == "$(reboot)|a b|");
    const std::string much(1 << 20, 'x'); // more than a pipe holds, both ways
    CHECK(system->run({.argv = {"cat"}, .input = much})->out == much);
    CHECK(system->run({.argv = {"true"}, .input = much})->status == 0);
    const auto environment = system->run({.argv = {"env"}, .environment = {"A=1"}})->out;
    CHECK(environment.find("LC_ALL=C\n") != std::string::npos);
    CHECK(environment.find("A=1\n") != std::string::npos);
    CHECK(environment.find("HOME=") == std::string::npos);
}

TEST_CASE("failures are told apart") {
    const auto system = system::real_system();
    CHECK(system->run({.argv = {"false"}})->status == 1);
    CHECK(system->run({.argv = {"sh", "-c", "kill -9 $$"}})->status == 137);
    CHECK_FALSE(system->run({.argv = {"no-such-program"}}).has_value());
    const auto failed =
        system::run_ok(*system, {.argv = {"sh", "-c", "echo one >&2; echo '  two' >&2; exit 3"}});
    CHECK(failed.error().message == "sh ended with status 3: one; two");
    CHECK(system::run_ok(*system, {.argv = {"false"}}).error().message ==
          "false ended with status 1: it said nothing");
    const auto chatty =
        system::run_ok(*system, {.argv = {"sh", "-c", "echo first; seq 1000; echo last; exit 1"}});
    CHECK(chatty.error().message.size() < 500);
    CHECK(chatty.error().message.find("first; 1; 2") != std::string::npos);
    CHECK(chatty.error().message.ends_with("1000; last"));
}

TEST_CASE("a program that hangs is killed with its children") {
    const auto system = system::real_system();
    const auto before = system->now();
    const auto hung = system->run({.argv = {"sh", "-c", "sleep 60 & sleep 60"}, .limit = 200ms});
    CHECK(hung.error().message.find("did not end") != std::string::npos);
    CHECK(system->now() - before < 20s);
}

TEST_CASE("files") {
    const auto system = system::real_system();
    CHECK(system->read_file("/proc/self/stat").value().find("test_system") != std::string::npos);
    CHECK_FALSE(system->read_file("/proc/self/stat", 3).has_value());
    CHECK_FALSE(system->read_file("/nonexistent").has_value());
    CHECK(system->read_at("/proc/self/exe", 1, 3).value() == "ELF");
    CHECK(system->read_at("/etc/passwd", 1U << 30U, 16).value().empty());
    CHECK_FALSE(system->list("/nonexistent").has_value());
}

TEST_CASE("a file's name cannot write to the terminal by way of an error") {
    const auto system = system::real_system();
    const std::string evil = "/none\x1b[2J\xff";
    const std::string shown = "/none\\x1b[2J\\xff";
    CHECK(system->read_file(evil).error().message ==
          "cannot read " + shown + ": No such file or directory");
    for (const auto &error :
         {system->read_at(evil, 0, 1).error(), system->list(evil).error(),
          system->read_link(evil).error(), system->write_control(evil, "x").error(),
          system->mount({.source = evil, .target = evil, .type = "none"}).error(),
          system->unmount(evil).error(), system->copy_file(evil, evil).error()})
        CHECK(error.message.find(shown) != std::string::npos);
}

TEST_CASE("looking at files never follows the last link; renaming replaces") {
    const auto system = system::real_system();
    std::string name = "/tmp/mdrescue-look-XXXXXX";
    const std::string directory = ::mkdtemp(name.data());
    REQUIRE(system->replace_file(directory + "/file", "eight by", 0640));
    REQUIRE(system->set_attributes(directory + "/file",
                                   {.mode = 0640,
                                    .uid = ::getuid(),
                                    .gid = ::getgid(),
                                    .mtime = 1000000000,
                                    .mtime_nsec = 123456789},
                                   false));
    REQUIRE(system->make_symlink("/etc/passwd", directory + "/link"));
    REQUIRE(system->make_hard_link(directory + "/file", directory + "/second"));

    const auto file = system->look(directory + "/file").value().value();
    CHECK(file.type == S_IFREG);
    CHECK(file.size == 8);
    CHECK(file.attributes.mode == 0640);
    CHECK(file.attributes.mtime == 1000000000);
    CHECK(file.attributes.mtime_nsec == 123456789);
    CHECK(system->look(directory + "/second").value()->inode == file.inode);
    CHECK(system->look(directory + "/link").value()->type == S_IFLNK);
    CHECK(system->look(directory).value()->type == S_IFDIR);
    CHECK_FALSE(system->look(directory + "/none").value().has_value());
    CHECK_FALSE(system->look(directory + "/file/below").has_value());
    CHECK(system->free_space(directory).value() > 0);

    REQUIRE(system->rename(directory + "/file", directory + "/link"));
    CHECK(system->look(directory + "/link").value()->type == S_IFREG);
    CHECK_FALSE(system->rename(directory + "/file", directory + "/link").has_value());
    CHECK(system->remove(directory).has_value());
}

TEST_CASE("a claimed device is this process's alone, and gives back what lies on it") {
    const auto system = system::real_system();
    std::string file = "/tmp/mdrescue-claim-XXXXXX";
    const int descriptor = ::mkstemp(file.data());
    REQUIRE(::ftruncate(descriptor, 1 << 20) == 0);
    ::close(descriptor);
    CHECK(system->claim(file).error().message.find("is no block device") != std::string::npos);
    CHECK_FALSE(system->claim("/dev/null").has_value());

    const auto loop = system->run({.argv = {"losetup", "--find", "--show", file}});
    if (loop && loop->status == 0) { // root, and a kernel with loop devices
        const std::string path(util::trimmed(loop->out));
        {
            const auto claimed = system->claim(path);
            REQUIRE(claimed.has_value());
            system::ClaimedDevice &device = **claimed;
            CHECK(device.size() == 1 << 20);
            CHECK(device.write(4096, std::string(4096, 'x')).has_value());
            CHECK(device.flush().has_value());
            CHECK(device.forget_cached().has_value());
            CHECK(device.read(4096, 4096).value() == std::string(4096, 'x'));
            CHECK_FALSE(device.read(1 << 20, 512).has_value());
            CHECK_FALSE(system->claim(path).has_value());
        }
        CHECK(system->claim(path).has_value());
        CHECK(system::run_ok(*system, {.argv = {"losetup", "--detach", path}}).has_value());
        CHECK(system->read_at(file, 4096, 4096).value() == std::string(4096, 'x'));
    }
    CHECK(system->remove(file).has_value());
}
