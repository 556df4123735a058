// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "util/result.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mdrescue::system {

/// A program to run: argv only, never a shell. The environment is LC_ALL=C, a fixed PATH and nothing else
/// but what `environment` adds ("NAME=value").
struct Command {
    std::vector<std::string> argv;
    std::string input{};                   ///< standard input
    std::chrono::milliseconds limit{60000}; ///< killed after this; then an error
    std::vector<std::string> environment{};
};

struct Output {
    int status = 0; ///< exit status; 128 + signal when killed by one
    std::string out;
    std::string err;
};

struct Mount {
    std::string source;
    std::string target;
    std::string type;
    bool read_only = true;
    std::string options{};
};

/// The one narrow way to the machine: everything that runs a program, mounts, or touches a device goes through it, so
/// that tests can put another machine behind it. Paths are absolute.
class System {
  public:
    virtual ~System() = default;

    /// Runs a program and waits. An exit status other than 0 is not an error here; a program that cannot
    /// be started or exceeds its limit is.
    [[nodiscard]] virtual util::Result<Output> run(const Command &command) = 0;

    /// A whole file (also of /proc and /sys, whose size is not known before), at most `limit` bytes, else an error.
    [[nodiscard]] virtual util::Result<std::string> read_file(const std::string &path,
                                                              std::uint64_t limit = 16U << 20U) = 0;
    /// `length` bytes at byte `offset` of a file or device; fewer only at its end.
    [[nodiscard]] virtual util::Result<std::string> read_at(const std::string &path, std::uint64_t offset,
                                                            std::uint64_t length) = 0;
    /// Names in a directory, sorted, without . and ..
    [[nodiscard]] virtual util::Result<std::vector<std::string>> list(const std::string &path) = 0;
    [[nodiscard]] virtual util::Result<std::string> read_link(const std::string &path) = 0;
    [[nodiscard]] virtual bool exists(const std::string &path) = 0;

    /// Overwrites a file that exists and is no regular one (sysfs, procfs): one write(2).
    [[nodiscard]] virtual util::Result<void> write_control(const std::string &path, const std::string &value) = 0;
    [[nodiscard]] virtual util::Result<void> make_directory(const std::string &path) = 0; ///< and its parents
    [[nodiscard]] virtual util::Result<void> mount(const Mount &mount) = 0;
    [[nodiscard]] virtual util::Result<void> unmount(const std::string &target) = 0;
    virtual void sleep(std::chrono::milliseconds time) = 0;
    [[nodiscard]] virtual std::chrono::steady_clock::time_point now() = 0;
};

/// This machine. Makes the process ignore SIGPIPE.
[[nodiscard]] std::unique_ptr<System> real_system();

/// run(), and an exit status other than 0 is an error that names the program and its last words.
[[nodiscard]] util::Result<std::string> run_ok(System &system, const Command &command);

} // namespace mdrescue::system
