// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands.h"

#include "cli/scratch.h"
#include "profile/profile.h"

#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>

using namespace mdrescue;
namespace fs = std::filesystem;

namespace {

/// Collects what the operator is told while the work goes on.
struct Warnings final : util::Progress {
    std::string text;
    void warn(std::string_view message) override { text += std::string(message) + "\n"; }
};

/// A root directory with a kernel and a /boot, a profile for it, and an empty place for the output.
struct Fixture {
    cli::Scratch scratch = cli::Scratch::make().value();
    std::string root = scratch.path() + "/root";
    std::string out = scratch.path() + "/out";
    std::unique_ptr<system::System> system = system::real_system();
    Warnings warnings;
    cli::BuildOptions options;

    Fixture() {
        ::setenv("MDRESCUE_DATADIR", MDRESCUE_SOURCE_DIR, 1);
        ::setenv("MDRESCUE_LIBEXECDIR", scratch.path().c_str(), 1);
        write(scratch.path() + "/mdrescue-agent", "agent");
        fs::create_directories(out);
        write(root + "/boot/vmlinuz-6.1.0-1", "kernel");
        write(root + "/lib/modules/6.1.0-1/modules.dep", "");
        write(root + "/boot/vmlinuz-6.1.0-2", "kernel without modules");
        model::Machine machine;
        machine.kernel = "6.1.0-1";
        write(scratch.path() + "/machine.json", profile::to_json(machine));
        options.machine_file = scratch.path() + "/machine.json";
        options.root = root;
        options.output = out + "/bootcd.iso";
    }

    static void write(const std::string &path, const std::string &text) {
        fs::create_directories(fs::path(path).parent_path());
        std::ofstream(path) << text;
    }

    /// The error of a build that must fail, and must leave nothing behind.
    util::Error failure() {
        const auto result = cli::build({*system, warnings}, options);
        REQUIRE_FALSE(result.has_value());
        CHECK(fs::is_empty(out));
        return result.error();
    }
};

bool contains(const std::string &text, const std::string &part) { return text.find(part) != std::string::npos; }

} // namespace

TEST_CASE_FIXTURE(Fixture, "an unknown kernel is refused with the list of those that exist") {
    options.kernel = "2.4.18-14";
    const auto error = failure();
    CHECK(contains(error.message, "2.4.18-14"));
    CHECK(contains(error.message + error.hint, "6.1.0-1"));
}

TEST_CASE_FIXTURE(Fixture, "a kernel without modules is refused") {
    options.kernel = "6.1.0-2";
    const auto error = failure();
    CHECK(contains(error.message, "6.1.0-2"));
    CHECK(contains(error.message, "modules"));
}

TEST_CASE_FIXTURE(Fixture, "no /boot, no image") {
    fs::remove_all(root + "/boot");
    CHECK(contains(failure().message, "/boot"));
}

TEST_CASE_FIXTURE(Fixture, "a degraded machine is not recorded by accident") {
    model::Machine machine;
    machine.kernel = "6.1.0-1";
    model::Array array;
    array.uuid = "00000000:00000000:00000000:00000000";
    array.metadata = "1.2";
    array.level = 1;
    array.slots = 2;
    array.kernel_name = "md0";
    array.slots_up = {true, false};
    machine.arrays.push_back(array);
    write(options.machine_file, profile::to_json(machine));
    const auto error = failure();
    CHECK(contains(error.message, "[U_]"));
    CHECK(contains(error.hint, "--allow-degraded"));
    options.allow_degraded = true; // goes on to the next thing this small root lacks
    CHECK_FALSE(contains(failure().message, "lacks a member"));
    CHECK(contains(warnings.text, "recording a degraded machine"));
}

TEST_CASE_FIXTURE(Fixture, "profiles that cannot be read") {
    write(options.machine_file, "{");
    CHECK(contains(failure().message, options.machine_file));
    auto newer = profile::to_json(model::Machine{});
    newer.replace(newer.find("\"version\": 1"), 12, "\"version\": 9");
    write(options.machine_file, newer);
    CHECK(contains(failure().message, "9"));
    fs::remove(options.machine_file);
    CHECK(contains(failure().message, "cannot read"));
}

TEST_CASE_FIXTURE(Fixture, "a time that is none") {
    for (const auto *epoch : {"yesterday", "-1", "99999999999999999999", "12 ", ""}) {
        ::setenv("SOURCE_DATE_EPOCH", epoch, 1);
        CHECK(contains(failure().message, "SOURCE_DATE_EPOCH"));
    }
    ::unsetenv("SOURCE_DATE_EPOCH");
}

TEST_CASE_FIXTURE(Fixture, "a part of the program is missing") {
    fs::remove(scratch.path() + "/mdrescue-agent");
    CHECK(contains(failure().message, "mdrescue-agent"));
}
