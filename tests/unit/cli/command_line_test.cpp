// SPDX-License-Identifier: GPL-3.0-or-later
// The commands as a person or a script meets them: exit status, streams, terminal, signals.
#include "../support/example_machine.h"
#include "program.h"
#include "small_root.h"
#include "util/text.h"

#include <algorithm>
#include <csignal>
#include <doctest/doctest.h>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

using namespace mdrescue;
namespace fs = std::filesystem;
using test::run_program;
using test::SmallRoot;

namespace {

const std::string recording = MDRESCUE_SOURCE_DIR "/tests/machines/every-metadata";

bool contains(const std::string &text, const std::string &part) {
    return text.find(part) != std::string::npos;
}

test::Ended mdrescue_says(std::vector<std::string> arguments) {
    return run_program({.arguments = std::move(arguments)});
}

/// Refused or failed: status 1, the reason on standard error, a second line that helps, nothing on
/// standard output.
void check_refused(const test::Ended &ended, const std::string &reason) {
    INFO(ended.err);
    CHECK(ended.status == 1);
    CHECK(ended.out.empty());
    CHECK(contains(ended.err, "mdrescue: "));
    CHECK(contains(ended.err, reason));
}

void build_one(const SmallRoot &small) {
    const auto built = mdrescue_says(small.command());
    REQUIRE_MESSAGE(built.status == 0, built.err);
}

} // namespace

TEST_CASE("help and wrong usage") {
    for (const std::string command : {"", "probe", "build", "inspect", "verify", "burn", "recover",
                                      "status", "refresh", "help"}) {
        std::vector<std::string> words{"--help"};
        if (!command.empty())
            words.insert(words.begin(), command);
        const auto help = mdrescue_says(words);
        CHECK(help.status == 0);
        CHECK(help.err.empty());
        std::istringstream lines(help.out);
        for (std::string line; std::getline(lines, line);)
            CHECK_MESSAGE(line.size() <= 80, line);
    }
    CHECK(contains(mdrescue_says({"--version"}).out, "mdrescue 0."));
    CHECK(mdrescue_says({"help"}).out == mdrescue_says({"--help"}).out);
    CHECK(mdrescue_says({"help", "build"}).out == mdrescue_says({"build", "--help"}).out);
    const auto lesson = mdrescue_says({"help", "recover"}).out;
    CHECK(lesson.starts_with(mdrescue_says({"recover", "--help"}).out));
    CHECK(contains(lesson, "Never run mdadm --create"));
    for (const std::vector<std::string> &words : {std::vector<std::string>{},
                                                  {"rebuild"},
                                                  {"build", "--machine", "x"},
                                                  {"build", "--root", "/"},
                                                  {"inspect"},
                                                  {"help", "nonsense"},
                                                  {"probe", "--record", "a", "--replay", "b"}}) {
        const auto wrong = mdrescue_says(words);
        CHECK(wrong.status == 2);
        CHECK(wrong.out.empty());
        CHECK_FALSE(wrong.err.empty());
    }
}

TEST_CASE("help says COMMAND, and which options go together, in words") {
    const auto help = mdrescue_says({"--help"}).out;
    CHECK(contains(help, "mdrescue [OPTIONS] COMMAND\n"));
    CHECK(contains(help, "\nCommands:\n"));
    CHECK_FALSE(contains(help, "ubcommand"));
    const auto probe = mdrescue_says({"probe", "--help"}).out;
    CHECK(contains(probe, "--record DIR, not together with --replay"));
    CHECK_FALSE(contains(probe, "without"));
    CHECK(contains(mdrescue_says({"build", "--help"}).out, "--machine FILE, with --root"));
}

TEST_CASE("what is no command is named, and those that exist are") {
    const auto wrong = mdrescue_says({"foo\x1b[2J"});
    CHECK(contains(wrong.err, "no such command \"foo\\x1b[2J\""));
    CHECK(contains(wrong.err, "probe, build, inspect, verify, burn, recover, status, refresh"));
    CHECK(contains(mdrescue_says({"--foo"}).err, "no such option \"--foo\""));
    CHECK(contains(mdrescue_says({}).err, "a command is missing"));
}

TEST_CASE("an empty name is wrong usage, before any work") {
    const std::vector<std::vector<std::string>> all{{"build", "-o", ""},
                                                    {"build", "--kernel", ""},
                                                    {"build", "--menu-password", ""},
                                                    {"build", "--root", "/", "--machine", ""},
                                                    {"build", "--root", "", "--machine", "x"},
                                                    {"verify", ""},
                                                    {"inspect", ""},
                                                    {"recover", "--from", ""},
                                                    {"status", ""},
                                                    {"status", "--prometheus", ""},
                                                    {"status", "--config", ""},
                                                    {"refresh", "--config", ""},
                                                    {"probe", "--record", ""},
                                                    {"probe", "--replay", ""}};
    for (const auto &words : all) {
        const auto wrong = mdrescue_says(words);
        INFO(wrong.err);
        CHECK(wrong.status == 2);
        CHECK(contains(wrong.err, "is empty"));
    }
}

TEST_CASE_FIXTURE(SmallRoot, "output that cannot be written is a failure, with its reason") {
    const std::string reason = "cannot write to standard output: No space left on device";
    const std::string full = scratch.path() + "/full"; // full(4), which not every /dev has
    REQUIRE(::mknod(full.c_str(), S_IFCHR | 0600, makedev(1, 7)) == 0);
    build_one(*this);
    std::vector<std::vector<std::string>> all{{"--help"},
                                              {"--version"},
                                              {"probe", "--replay", recording},
                                              {"probe", "--replay", recording, "--json"},
                                              {"inspect", output},
                                              {"inspect", "--json", output},
                                              {"verify", output},
                                              {"verify", "--json", output},
                                              command({"--force"})};
    for (const auto &words : all) {
        CAPTURE(words[0]);
        const auto ended = run_program({.arguments = words, .out = full});
        INFO(ended.err);
        CHECK(ended.status == 1);
        CHECK(contains(ended.err, reason));
    }
}

TEST_CASE_FIXTURE(SmallRoot,
                  "with standard error closed, what is said does not get into the image") {
    const auto ended = run_program({.arguments = command({"--json"}), .deaf = true});
    CHECK(ended.status == 0);
    const auto built = nlohmann::json::parse(ended.out, nullptr, false);
    REQUIRE(built.is_object());
    CHECK(fs::file_size(output) == built["bytes"]);
    CHECK(mdrescue_says({"verify", output}).status == 0);
}

TEST_CASE("only root may read this machine's disks") {
    const SmallRoot small;
    small.open_to_all();
    for (const std::vector<std::string> &words : {std::vector<std::string>{"probe"},
                                                  {"build", "-o", small.output},
                                                  {"status"},
                                                  {"refresh"}}) {
        const auto refused = run_program({.arguments = words, .unprivileged = true});
        check_refused(refused, "root");
    }
    CHECK(small.nothing_left());
    // What a plain file holds may be read by whoever may read the file.
    const std::string copy = small.scratch.path() + "/recording";
    fs::copy(recording, copy, fs::copy_options::recursive);
    CHECK(run_program({.arguments = {"probe", "--replay", copy}, .unprivileged = true}).status ==
          0);
    build_one(small);
    check_refused(run_program({.arguments = {"inspect", small.output}, .unprivileged = true}),
                  "Permission denied");
    REQUIRE(::chmod(small.output.c_str(), 0644) == 0);
    for (const std::string command : {"inspect", "verify"})
        CHECK(run_program({.arguments = {command, small.output}, .unprivileged = true}).status ==
              0);
}

TEST_CASE_FIXTURE(SmallRoot, "a file of /boot that cannot be read is an error that names it") {
    open_to_all();
    test::put(root + "/boot/secret", "x");
    REQUIRE(::chmod((root + "/boot/secret").c_str(), 0) == 0);
    check_refused(run_program({.arguments = command(), .unprivileged = true}),
                  "/boot/secret: Permission denied");
    CHECK(nothing_left());
}

TEST_CASE_FIXTURE(SmallRoot,
                  "what cannot be an output: refused with a way out, and left as it is") {
    auto words = command();
    const auto refused = [&](const std::string &place, const std::string &reason) {
        words.back() = place;
        check_refused(mdrescue_says(words), reason);
    };
    refused(out, "is a directory");
    refused("/dev/null", "is a device");
    refused(out + "/missing/bootcd.iso", "No such file");
    fs::create_symlink("elsewhere", out + "/link.iso");
    refused(out + "/link.iso", "not a regular file");
    fs::remove(out + "/link.iso");
    test::put(output, "precious");
    refused(output, "exists already");
    CHECK(test::get(output) == "precious");
    CHECK(test::names_in(out).size() == 1);
    words.emplace_back("--force");
    CHECK(mdrescue_says(words).status == 0);
    CHECK(test::get(output).size() > 100'000);
    CHECK(test::names_in(out).size() == 1);
}

TEST_CASE_FIXTURE(
    SmallRoot, "broken fstab and mdadm.conf go through word for word, and the operator is warned") {
    const std::string copy = scratch.path() + "/recording";
    fs::copy(recording, copy, fs::copy_options::recursive);
    fs::permissions(copy, fs::perms::owner_write, fs::perm_options::add);
    const std::string fstab = "# fine\n/dev/md0\n\xff\x1b[31m /x ext4\n",
                      conf = "ARRAY\nNONSENSE \"\n";
    test::put(copy + "/file/etc/fstab", fstab);
    test::put(copy + "/file/etc/mdadm/mdadm.conf", conf);
    const auto table = mdrescue_says({"probe", "--replay", copy});
    REQUIRE_MESSAGE(table.status == 0, table.err);
    for (const std::string &said : {table.out})
        for (const std::string part : {"/etc/fstab line 2", "/etc/mdadm/mdadm.conf line 2"})
            CHECK_MESSAGE(contains(said, part), said);
    CHECK_FALSE(contains(table.out, "\x1b"));

    const auto json = mdrescue_says({"probe", "--replay", copy, "--json"});
    test::put(machine_file, json.out);
    const auto machine = profile::from_json(json.out).value().machine;
    std::vector<std::string> texts;
    for (const auto &file : machine.files)
        texts.push_back(file.text);
    CHECK(std::count(texts.begin(), texts.end(), fstab) == 1);
    CHECK(std::count(texts.begin(), texts.end(), conf) == 1);
}

TEST_CASE("a machine is recorded and replayed without loss") {
    const cli::Scratch scratch = cli::Scratch::make().value();
    const std::string directory = scratch.path() + "/facts";
    const auto recorded = mdrescue_says({"probe", "--json", "--record", directory});
    REQUIRE_MESSAGE(recorded.status == 0, recorded.err);
    const auto replayed = mdrescue_says({"probe", "--json", "--replay", directory});
    CHECK(replayed.status == 0);
    CHECK(replayed.out == recorded.out);
    check_refused(mdrescue_says({"probe", "--record", directory}), "is not empty");
    check_refused(mdrescue_says({"probe", "--replay", scratch.path() + "/none"}), "No such file");
}

TEST_CASE_FIXTURE(SmallRoot, "whatever is printed with --json is JSON and nothing else") {
    record(test::linux_journal_machine());
    const auto parsed = [](const test::Ended &ended, int status) {
        INFO(ended.err);
        CHECK(ended.status == status);
        const auto json = nlohmann::json::parse(ended.out, nullptr, false);
        CHECK(json.is_object());
        return json;
    };
    CHECK(parsed(mdrescue_says({"probe", "--replay", recording, "--json"}), 0)["version"] == 1);
    const auto built = parsed(mdrescue_says(command({"--json"})), 0);
    CHECK(built["bytes"] == fs::file_size(output));
    const auto inspected = parsed(mdrescue_says({"inspect", "--json", output}), 0);
    CHECK(inspected["image_id"] == built["image_id"]);
    CHECK(inspected["disks"].size() == 6);
    CHECK(inspected["disks"][0]["disk"] == "disk1");
    CHECK(inspected["disks"][0]["bytes"] > 0);
    CHECK(inspected["arrays"].size() == 2);
    CHECK(inspected["arrays"][0]["members"].size() == inspected["arrays"][0]["slots"]);
    CHECK(inspected["host_name"] == "journal");
    const auto verified = parsed(mdrescue_says({"verify", "--json", output}), 0);
    CHECK(verified["sha256"] == built["sha256"]);
    CHECK(verified["sound"] == true);
    auto bytes = test::get(output);
    bytes[bytes.size() / 2] ^= 1;
    test::put(output, bytes);
    CHECK(parsed(mdrescue_says({"verify", "--json", output}), 1)["sound"] == false);
    test::put(output, bytes.substr(0, bytes.size() - 1));
    const auto truncated = parsed(mdrescue_says({"verify", "--json", output}), 1);
    CHECK(truncated["sound"] == false);
    CHECK(contains(truncated["reason"], "truncated"));
}

TEST_CASE_FIXTURE(SmallRoot, "images that are none, or no longer") {
    build_one(*this);
    const std::string good = test::get(output), other = out + "/other.iso";
    const auto both_refuse = [&](const std::string &file, const std::string &reason) {
        for (const std::string command : {"inspect", "verify"})
            check_refused(mdrescue_says({command, file}), reason);
    };
    both_refuse(out, "is a directory");
    both_refuse(out + "/none", "No such file");
    both_refuse("/dev/null", "neither a file nor a disk");
    test::put(other, "");
    both_refuse(other, "is empty");
    test::put(other, "no image");
    both_refuse(other, "too short for an image");
    test::put(other, std::string(1'000'000, 'x'));
    both_refuse(other, "no ISO 9660");
    test::put(other, good.substr(0, good.size() - 1));
    both_refuse(other, "truncated");
    test::put(other, good.substr(0, 40'000));
    both_refuse(other, "truncated");
    for (const std::size_t at :
         {std::size_t{100}, good.size() / 3, good.size() / 2, good.size() - 10}) {
        auto flipped = good;
        flipped[at] ^= 0x10;
        test::put(other, flipped);
        check_refused(mdrescue_says({"verify", other}), "is damaged; do not rely on it");
    }
    auto flipped = good;
    const auto kernel = flipped.find("kernel without modules");
    REQUIRE(kernel != std::string::npos);
    flipped[kernel] = 'K';
    test::put(other, flipped);
    check_refused(mdrescue_says({"verify", other}), "damaged: boot/vmlinuz-6.1.0-2");
    CHECK(mdrescue_says({"verify", output}).status == 0);
    // more after the end is what a larger medium looks like
    test::put(other, good + std::string(5000, '\0'));
    CHECK(mdrescue_says({"verify", other}).status == 0);
}

TEST_CASE_FIXTURE(SmallRoot,
                  "progress moves on a terminal; into a file goes one line for each phase") {
    test::put(root + "/boot/initrd.img-6.1.0-1", std::string(40'000'000, 'x'));
    const auto piped = mdrescue_says(command());
    REQUIRE(piped.status == 0);
    CHECK_FALSE(contains(piped.err, "\r"));
    CHECK_FALSE(contains(piped.err + piped.out, "\x1b"));
    std::istringstream lines(piped.err);
    std::map<std::string, int> seen;
    for (std::string line; std::getline(lines, line);)
        ++seen[line.substr(0, line.find("  "))];
    for (const std::string phase :
         {"Reading the record", "Compressing the rescue system", "Making the boot loaders",
          "Writing the image", "Verifying the image"})
        CHECK_MESSAGE(seen[phase] == 1, piped.err);

    fs::remove(output);
    const auto shown = run_program({.arguments = command(), .terminal = true});
    CHECK(shown.status == 0);
    CHECK(contains(shown.out, "\x1b[?7l\rWriting the image")); // cut, not broken
    CHECK(contains(shown.out, " %  "));
    CHECK(contains(shown.out, "\x1b[K"));
    CHECK(
        contains(shown.out, " s\r\n" + output + "  the rescue image")); // not behind a moving line
    CHECK(contains(run_program({.arguments = {"verify", output}, .terminal = true}).out,
                   " s\r\n" + output + " is sound"));
    std::istringstream redrawn(shown.out);
    for (std::string line; std::getline(redrawn, line, '\r');)
        CHECK_MESSAGE(line.size() < 200, line);
}

TEST_CASE("colours only where they can be seen and are wanted") {
    const std::vector<std::string> words{"probe", "--replay", recording};
    CHECK_FALSE(contains(mdrescue_says(words).out, "\x1b"));
    CHECK(contains(run_program({.arguments = words, .terminal = true}).out, "\x1b[1m"));
    CHECK_FALSE(contains(
        run_program({.arguments = words, .terminal = true, .terminal_name = "dumb"}).out, "\x1b"));
    ::setenv("NO_COLOR", "1", 1);
    CHECK_FALSE(contains(run_program({.arguments = words, .terminal = true}).out, "\x1b"));
    ::unsetenv("NO_COLOR");
}

TEST_CASE_FIXTURE(SmallRoot, "signals end a build cleanly") {
    // Large without taking room, so that there is time while it is written.
    test::put(root + "/boot/large", "");
    fs::resize_file(root + "/boot/large", 1'500'000'000);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        CAPTURE(signal);
        bool sent = false;
        const auto ended = run_program(
            {.arguments = command(), .watch = [&](const std::string &said, int process) {
                 // a phase is named when it ends: now the image is being written
                 if (!sent && contains(said, "Making the boot loaders")) {
                     ::kill(process, signal);
                     sent = true;
                 }
             }});
        CHECK(sent);
        check_refused(ended, "cancelled");
        CHECK(nothing_left());
    }
}
