// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/medium_copy.h"

#include "../support/fake_system.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace mdrescue;
using namespace mdrescue::agent;

namespace {

const std::string copy = "/run/mdrescue/medium.iso";
constexpr std::uint64_t size = 73'000'000;

struct Reading {
    FakeSystem system;
    Medium medium{"/dev/sr0"};
    std::string refused; ///< what losetup refuses: "-f", "-r"

    Reading() {
        memory(size + memory_for_work);
        system.program = [this](const system::Command &command) {
            if (command.argv[1] == refused)
                return system::Output{1, "", "no loop device"};
            return system::Output{0, command.argv[1] == "-f" ? "/dev/loop0\n" : "", ""};
        };
    }
    void memory(std::uint64_t bytes) {
        system.files["/proc/meminfo"] =
            fmt::format("MemTotal: 9 kB\nMemAvailable:  {} kB\nBuffers: 1 kB\n", bytes / 1024 + 1);
    }
    bool kept() {
        MediumCopy reading(system, size, memory_for_work);
        reading.append("first ");
        reading.append("second");
        return reading.take_place_of(medium).value();
    }
};

} // namespace

TEST_CASE("the medium is kept in memory while it is read, and mounted from there") {
    Reading f;
    CHECK(f.kept());
    CHECK(f.medium.device == "/dev/sr0"); // still no disk to write to
    CHECK(f.medium.source() == "/dev/loop0");
    CHECK(f.system.files[copied_from_path] == "/dev/sr0");
    CHECK(f.system.files[copy] == "first second");
    CHECK(f.system.commands.back() ==
          std::vector<std::string>{"losetup", "-r", "/dev/loop0", copy});
    CHECK(f.system.mounts == std::vector<std::string>{"-/medium", "/dev/loop0 on /medium ro"});
}

TEST_CASE("a medium that is not kept stays mounted, and takes no memory") {
    Reading f;
    SUBCASE("not enough memory") { f.memory(size + memory_for_work - 2048); }
    SUBCASE("the kernel does not say how much there is") { f.system.files.erase("/proc/meminfo"); }
    SUBCASE("it cannot be written") { f.system.unwritable = {copy}; }
    SUBCASE("no loop device is free") { f.refused = "-f"; }
    SUBCASE("the loop device does not take it") { f.refused = "-r"; }
    CHECK_FALSE(f.kept());
    CHECK(f.medium.source() == "/dev/sr0");
    CHECK(f.system.mounts.empty());
    CHECK_FALSE(f.system.files.contains(copy));
}

TEST_CASE("a copy that cannot be mounted leaves the medium mounted, and takes no memory") {
    Reading f;
    const std::string back = "/dev/sr0 on /medium ro";
    SUBCASE("the medium is in use") {
        f.system.refused_mounts = {"-/medium"};
        CHECK_FALSE(f.kept());
    }
    SUBCASE("the copy is not taken") {
        f.system.refused_mounts = {"/dev/loop0 on /medium ro"};
        CHECK_FALSE(f.kept());
        CHECK(f.system.mounts.back() == back);
    }
    SUBCASE("nor is the medium again, which is an error") {
        f.system.refused_mounts = {"/dev/loop0 on /medium ro", back};
        MediumCopy reading(f.system, size, memory_for_work);
        CHECK_FALSE(reading.take_place_of(f.medium));
    }
    CHECK(f.medium.source() == "/dev/sr0");
    CHECK(f.system.commands.back() == std::vector<std::string>{"losetup", "-d", "/dev/loop0"});
    CHECK_FALSE(f.system.files.contains(copy));
}

TEST_CASE("a check that found damage, or was stopped, keeps nothing") {
    Reading f;
    {
        MediumCopy reading(f.system, size, memory_for_work);
        reading.append("first ");
        CHECK(f.system.files.contains(copy));
    }
    CHECK_FALSE(f.system.files.contains(copy));
    CHECK(f.system.mounts.empty());
}
