// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/session.h"

#include "../support/fake_system.h"
#include "agent/terminal.h"
#include "example.h"
#include "manifest/image_sums.h"
#include "profile/profile.h"
#include "util/digest.h"

#include <algorithm>
#include <deque>
#include <doctest/doctest.h>

using namespace mdrescue;
using namespace mdrescue::agent;

namespace {

/// Types the answers given and keeps all that was shown.
class FakeTerminal final : public Terminal {
  public:
    explicit FakeTerminal(std::deque<std::string> answers) : answers_(std::move(answers)) {}

    void show(const Lines &lines) override { text += rendered(lines, false); }
    void clear() override { text += "-- clear --\n"; }
    void status(const std::string &line) override { last_status = line; }
    Answer ask(const std::string &prompt) override {
        text += prompt + "\n";
        REQUIRE_MESSAGE(!answers_.empty(), text);
        const Answer answer{answers_.front(), 1};
        answers_.pop_front();
        return answer;
    }
    bool interrupted() override { return interrupt; }
    util::Result<void> shell(std::size_t console) override {
        text += "-- shell on " + std::to_string(console) + " --\n";
        return {};
    }

    std::string text;
    std::string last_status;
    bool interrupt = false;

  private:
    std::deque<std::string> answers_;
};

/// A machine with a disc in its drive, all by name; disks are what `observed` says.
struct Scene {
    FakeSystem system;
    model::Machine observed = example::stopped(example::machine());
    int probes = 0;
    bool disc = true;

    Scene() {
        system.files["/proc/sys/kernel/osrelease"] = "6.1.0\n";
        system.files["/lib/modules/6.1.0/mdrescue.load"] = "md_mod\n";
        system.files["/sys/class/block/sr0/size"] = "100\n";
        std::string image(40000, '\0');
        image.replace(16 * 2048, 6, "\1CD001");
        system.files["/dev/sr0"] = image;
        system.on_mount = [this](const system::Mount &) {
            if (!disc)
                return;
            const std::string profile = profile::to_json(example::profile());
            system.files["/medium/mdrescue/id-image-1"] = "";
            system.files["/medium/mdrescue/machine.json"] = profile;
            system.files["/medium/mdrescue/SHA256SUMS"] =
                manifest::sums_line(util::sha256(profile), "mdrescue/machine.json");
        };
        system.program = [this](const system::Command &command) {
            if (command.argv[0] == "mdadm")
                observed = example::running(observed);
            return system::Output{};
        };
    }

    std::string play(std::deque<std::string> answers, const std::string &command_line = "",
                     Ending expected = Ending::power_off) {
        FakeTerminal terminal(std::move(answers));
        const Observe observe = [this]() -> util::Result<model::Machine> {
            ++probes;
            return observed;
        };
        const auto ending = run_session(system, terminal, observe,
                                        parse_arguments("mdrescue.id=image-1 " + command_line));
        CHECK(ending == expected);
        return terminal.text;
    }

    [[nodiscard]] std::size_t runs_of(const std::string &program) const {
        return static_cast<std::size_t>(
            std::count_if(system.commands.begin(), system.commands.end(),
                          [&](const auto &argv) { return argv.front() == program; }));
    }
};

bool contains(const std::string &text, const std::string &part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("the usual way: found, started read-only, shown, powered off") {
    Scene scene;
    scene.observed = example::without(scene.observed, "disk1");
    const std::string text = scene.play({"6", ""});
    CHECK(contains(text, "This machine: YES. It is victim: 2 of its 2 arrays are here."));
    CHECK(contains(text, "MISSING  disk1"));
    CHECK(contains(text, "[_UUUUU]  degraded: slot 0 missing;"));
    CHECK(contains(text, "mdrescue: READY guided\n"));
    CHECK(contains(text, "mdrescue: RESULT cancelled: powering off"));
    CHECK(scene.runs_of("mdadm") == 2);
    CHECK(scene.system.controls["/sys/module/md_mod/parameters/start_ro"] == "1");
    CHECK(scene.probes == 2);
}

TEST_CASE("nothing is started where md cannot be kept from writing") {
    Scene scene;
    scene.system.refused_controls = {"/sys/module/md_mod/parameters/start_ro"};
    const std::string text = scene.play({"6", ""});
    CHECK(scene.runs_of("mdadm") == 0);
    CHECK(contains(text, "could not be started"));
}

TEST_CASE("an image of another machine starts nothing, says whose it is, refuses") {
    Scene scene;
    for (auto &array : scene.observed.arrays)
        array.uuid.replace(0, 8, "ffffffff");
    const std::string text = scene.play({"1", "", "6", ""});
    CHECK(contains(text, "This machine: NO."));
    CHECK(contains(text, "made for victim"));
    CHECK(contains(text, "mdrescue: RESULT refused: this disc was made for victim"));
    CHECK(scene.runs_of("mdadm") == 0);
}

TEST_CASE(
    "the guided recovery of a whole machine is done at once; the disc is not to be forgotten") {
    Scene scene;
    const std::string text = scene.play({"1", "x", "m", "", "6", ""});
    CHECK(contains(text, "mdrescue: RESULT done: nothing is to be repaired"));
    CHECK(contains(text, "Remove the disc, then type r to restart"));
}

TEST_CASE("without the medium: told, what is here is shown, looking again finds it") {
    Scene scene;
    scene.disc = false;
    const auto start = scene.system.clock;
    std::string text = scene.play({"4", "", "6", ""});
    CHECK(contains(text, "was not found"));
    CHECK(contains(text, "Devices seen: sr0"));
    CHECK(contains(text, "This machine: UNKNOWN."));
    CHECK(contains(text, "RESULT failed: the medium was not found"));
    CHECK(scene.system.clock - start < std::chrono::seconds(120));
    CHECK(scene.runs_of("mdadm") == 0);
    scene.system.on_sleep = [&] { // found by the second look, when the stick is in again
        scene.disc = true;
        scene.system.files["/sys/class/block/sdz/size"] = "100\n";
    };
    text = scene.play({"3", "6", ""});
    CHECK(contains(text, "This machine: YES."));
}

TEST_CASE("junk, empty lines and unknown numbers do nothing") {
    Scene scene;
    const std::string text = scene.play({"", "0", "66", "yes", "5", ""}, "", Ending::restart);
    CHECK(contains(text, "\"66\" is not on the menu."));
    CHECK(contains(text, "RESULT cancelled: restarting"));
    CHECK(scene.probes == 2);
}

TEST_CASE("looking again probes again and takes in a member that came late") {
    Scene scene;
    scene.observed = example::without(scene.observed, "disk3");
    bool plugged = false;
    scene.system.program = [&](const system::Command &command) {
        if (command.argv[0] != "mdadm" || command.argv[1] != "--assemble")
            return system::Output{};
        scene.observed = example::running(example::machine());
        if (!plugged)
            scene.observed = example::running(example::without(example::machine(), "disk3"));
        return system::Output{};
    };
    CHECK(contains(scene.play({"6", ""}), "degraded"));
    plugged = true;
    auto late = example::running(example::without(example::machine(), "disk3"));
    for (std::size_t i = 0; i < 2; ++i)
        late.arrays[i].members = example::machine().arrays[i].members;
    late.disks = example::machine().disks;
    scene.observed = late;
    scene.system.commands.clear();
    const std::string text = scene.play({"6", ""});
    CHECK_FALSE(contains(text, "degraded"));
    CHECK(std::count(scene.system.commands.begin(), scene.system.commands.end(),
                     std::vector<std::string>{"mdadm", "--stop", "/dev/md0"}) == 1);
}

TEST_CASE("the shell opens where it was asked for") {
    Scene scene;
    CHECK(contains(scene.play({"2", "6", ""}), "-- shell on 1 --"));
    Scene first;
    const std::string text = first.play({"", "6", ""}, "mdrescue.mode=shell");
    CHECK(text.find("-- shell on 1 --") < text.find("READY"));
}

TEST_CASE("a mode of a later version is told, and is the guided one") {
    Scene scene;
    const std::string text = scene.play({"6", ""}, "mdrescue.mode=rehearse");
    CHECK(contains(text, "Mode rehearse is not part of this version."));
    CHECK(contains(text, "READY guided"));
}

TEST_CASE("a damaged profile is not used") {
    Scene scene;
    scene.system.on_mount = [&](const system::Mount &) {
        scene.system.files["/medium/mdrescue/id-image-1"] = "";
        scene.system.files["/medium/mdrescue/machine.json"] = "{}";
        scene.system.files["/medium/mdrescue/SHA256SUMS"] =
            manifest::sums_line(util::sha256("other"), "mdrescue/machine.json");
    };
    const std::string text = scene.play({"1", "", "4", "", "6", ""});
    CHECK(contains(text, "is damaged"));
    CHECK(contains(text, "RESULT refused: the machine profile on the medium cannot be used"));
    CHECK(contains(text, "RESULT failed: the medium is damaged"));
    CHECK(scene.runs_of("mdadm") == 0);
}

TEST_CASE("everything in full, page by page") {
    Scene scene;
    const std::string text = scene.play({"7", "", "q", "6", ""});
    CHECK(contains(text, "known by "));
    CHECK(contains(text, "holds: /boot (ext4), member of md1, boot loader"));
}

TEST_CASE("the log of what was done, or that nothing was") {
    Scene scene;
    CHECK(contains(scene.play({"9", "", "6", ""}), "Nothing was begun"));
    scene.system.files["/run/mdrescue/log/recovery.log"] = "     0.1 s  mark disk1: done\n";
    CHECK(contains(scene.play({"9", "", "6", ""}), "     0.1 s  mark disk1: done\n"));
}

TEST_CASE("the installed system is not started from a rotten medium, nor on another machine") {
    Scene scene;
    scene.observed = example::without(scene.observed, "disk1");
    const std::string text = scene.play({"", "8", "", "6", ""}, "mdrescue.mode=installed");
    CHECK(contains(text, "RESULT failed: the installed system cannot be started: the medium"));
    CHECK(text.find("RESULT failed") < text.find("READY guided"));
    CHECK(std::none_of(scene.system.commands.begin(), scene.system.commands.end(),
                       [](const auto &argv) { return argv.at(1) == "--readwrite"; }));
    Scene other;
    other.observed.arrays[0].uuid[0] = other.observed.arrays[1].uuid[0] = 'f';
    CHECK(contains(other.play({"", "6", ""}, "mdrescue.mode=installed"),
                   "RESULT refused: this disc"));
}
