// SPDX-License-Identifier: GPL-3.0-or-later
// status and refresh as a person, a timer or a monitoring system meets them.
#include "cli/machine_status.h"

#include "../support/example_machine.h"
#include "probe/probe.h"
#include "profile/recorded.h"
#include "program.h"
#include "small_root.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <set>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace mdrescue;
namespace fs = std::filesystem;
using test::run_program;
using Words = std::vector<std::string>;

namespace {

bool contains(const std::string &text, const std::string &part) {
    return text.find(part) != std::string::npos;
}

/// A machine with one image that is true of it.
struct Shelf : test::SmallRoot {
    std::string images = scratch.path() + "/images";
    std::string conf = scratch.path() + "/mdrescue.conf";
    std::string prom = scratch.path() + "/mdrescue.prom";

    Shelf() {
        ::unsetenv("SOURCE_DATE_EPOCH"); // images are of today
        record(test::linux_journal_machine("1.2"));
        configure("");
    }

    void configure(const std::string &more) const {
        test::put(conf, "IMAGES=" + images + "\nPROMETHEUS=" + prom + "\n" + more);
    }

    [[nodiscard]] test::Ended says(const std::string &command, const Words &more = {}) const {
        Words words{command, "--machine", machine_file, "--root", root, "--config", conf};
        words.insert(words.end(), more.begin(), more.end());
        return run_program({.arguments = words});
    }

    [[nodiscard]] Words kept() const {
        Words names = test::names_in(images);
        std::erase(names, ".lock");
        std::sort(names.begin(), names.end());
        return names;
    }

    /// As if the image had been made so many seconds before 2000; none has the name of another.
    void backdate(const std::string &name, unsigned second) const {
        fs::rename(images + "/" + name,
                   fmt::format("{}/mdrescue-journal-19991231T2359{:02}Z.iso", images, second));
    }

    static model::Machine degraded() {
        auto machine = test::linux_journal_machine("1.2");
        machine.arrays[1].slots_up[3] = false;
        std::erase_if(machine.arrays[1].members,
                      [](const auto &member) { return member.slot == 3; });
        return machine;
    }
};

void check_status(const test::Ended &ended, int status, const std::string &out,
                  const std::string &err = "") {
    INFO(ended.out);
    INFO(ended.err);
    CHECK(ended.status == status);
    CHECK(contains(ended.out, out));
    CHECK(contains(ended.err, err));
}

} // namespace

TEST_CASE_FIXTURE(Shelf,
                  "refresh makes the first image, finds it fresh, and then has nothing to do") {
    check_status(says("status"), 1, "",
                 "mdrescue: no image of this machine is kept in " + images +
                     "\nRun `mdrescue refresh`");
    CHECK_FALSE(fs::exists(images)); // looking writes nothing
    check_status(says("refresh"), 0, "fresh             nothing has changed since");
    REQUIRE(kept().size() == 1);
    CHECK(kept()[0].starts_with("mdrescue-journal-20"));
    const std::string first = test::get(images + "/" + kept()[0]);
    CHECK(run_program({.arguments = {"verify", images + "/" + kept()[0]}}).status == 0);
    check_status(says("refresh"), 0, "fresh");
    REQUIRE(kept().size() == 1);
    CHECK(test::get(images + "/" + kept()[0]) == first);
    check_status(says("status"), 0, "machine           journal\n");
    check_status(says("status", {"--verify"}), 0, "fresh");
    CHECK(test::names_in(temporary).empty());
}

TEST_CASE_FIXTURE(Shelf, "what has changed is named, one line each; a new image makes it good") {
    REQUIRE(says("refresh").status == 0);
    backdate(kept()[0], 1);
    test::put(root + "/boot/grub/grub.cfg", "menu");
    test::put(root + "/boot/vmlinuz-6.1.0-3", "new kernel");
    fs::remove(root + "/boot/config-6.1.0-1");
    fs::create_symlink("vmlinuz-6.1.0-1", root + "/boot/vmlinuz");
    auto machine = test::linux_journal_machine("1.2");
    machine.files[0].text += "# more\n";
    record(machine);
    const auto changed = says("status");
    check_status(changed, 1, "", "mdrescue: not fresh: 5 differences\nRun `mdrescue refresh`");
    for (const std::string line : {"  boot              /boot/grub/grub.cfg is new.\n",
                                   "  boot              /boot/config-6.1.0-1 is gone.\n",
                                   "  boot              /boot/vmlinuz is new.\n",
                                   "  kernel            Kernel 6.1.0-3 was installed.\n",
                                   "  configuration     /etc/fstab has changed.\n"})
        CHECK_MESSAGE(contains(changed.out, line), changed.out);
    test::put(root + "/boot/config-6.1.0-1", "CONFIG_RD_ZSTD=y\n");
    check_status(says("refresh", {"--hook"}), 0, "nothing has changed since");
    CHECK(kept().size() == 2);
    check_status(says("status"), 0, "fresh");
    // The old one can still be asked for, and both at once.
    check_status(says("status", {images + "/" + kept()[1], images + "/" + kept()[0]}), 1, "fresh",
                 "4 differences");
}

TEST_CASE_FIXTURE(Shelf, "an image of another machine is for that one") {
    REQUIRE(run_program({.arguments = command()}).status == 0);
    record(test::mirror_uefi_machine());
    check_status(says("status", {output}), 1, "  machine ", "keep it for that one");
}

TEST_CASE_FIXTURE(Shelf, "EFI system partitions: their files are compared") {
    record(test::mirror_uefi_machine());
    test::put(root + "/boot/efi/EFI/debian/shimx64.efi", "shim");
    test::put(root + "/boot/efi/EFI/debian/grub.cfg", "menu");
    REQUIRE(run_program({.arguments = command()}).status == 0);
    check_status(says("status", {output}), 0, "fresh");
    test::put(root + "/boot/efi/EFI/debian/grub.cfg", "other");
    check_status(says("status", {output}), 1,
                 "esp               \\EFI\\debian\\grub.cfg on /dev/nvme0n1p1 has changed.");
}

TEST_CASE_FIXTURE(Shelf, "a degraded machine is told, counted, and gets no image over a good one") {
    REQUIRE(says("refresh").status == 0);
    const Words before = kept();
    record(degraded());
    test::put(root + "/boot/new", "x");
    const auto refused = says("refresh");
    check_status(
        refused, 1, "  degraded          md1 runs degraded [UUU_UU]",
        "no image is made of a machine that is not whole, since a good one is kept: md1 runs");
    CHECK(contains(refused.err, "The good one is " + images + "/" + before[0]));
    CHECK(kept() == before);
    const std::string metrics = test::get(prom);
    const std::string labels = "{array=\"md1\",uuid=\"" + test::journal_root_array + "\"}";
    for (const std::string &line :
         {"mdrescue_array_members_recorded" + labels + " 6\n",
          "mdrescue_array_members_active" + labels + " 5\n",
          "mdrescue_array_members_missing" + labels + " 1\n",
          "mdrescue_array_degraded" + labels + " 1\n", std::string("mdrescue_fresh 0\n")})
        CHECK_MESSAGE(contains(metrics, line), metrics);
    // Whole again: the difference that is left makes a new image.
    record(test::linux_journal_machine("1.2"));
    backdate(before[0], 1);
    check_status(says("refresh"), 0, "fresh");
    CHECK(kept().size() == 2);
}

TEST_CASE_FIXTURE(Shelf,
                  "arrays that are gone altogether are no reason for an image without them") {
    REQUIRE(says("refresh").status == 0);
    const Words before = kept();
    auto machine = test::linux_journal_machine("1.2");
    machine.arrays.pop_back();
    record(machine);
    check_status(says("refresh"), 1, "No member of md1 was found", "a good one is kept");
    machine.arrays.clear();
    record(machine);
    check_status(says("refresh"), 1, "No array was found", "a good one is kept");
    CHECK(kept() == before);
}

TEST_CASE_FIXTURE(Shelf, "a degraded image is better than none, and goes no further than that") {
    record(degraded());
    check_status(says("refresh"), 1, "image_degraded", "not fresh: 2 differences");
    REQUIRE(kept().size() == 1);
    const Words before = kept();
    check_status(says("refresh"), 1, "image_degraded", "Make the arrays whole first");
    CHECK(kept() == before); // another one would say the same
    backdate(before[0], 1);
    record(test::linux_journal_machine("1.2"));
    check_status(says("refresh"), 0, "fresh");
    CHECK(kept().size() == 2);
}

TEST_CASE_FIXTURE(Shelf, "so many are kept; the oldest go when the new one is there") {
    configure("KEEP=2\n");
    for (unsigned second = 1; second <= 3; ++second) {
        test::put(root + "/boot/change", std::to_string(second));
        REQUIRE(says("refresh").status == 0);
        backdate(kept().back(), second);
    }
    CHECK(kept() ==
          Words{"mdrescue-journal-19991231T235902Z.iso", "mdrescue-journal-19991231T235903Z.iso"});
    test::put(images + "/precious.iso", "x");
    test::put(images + "/mdrescue-journal-19991231T235904Z.iso", "no image");
    const auto ended = says("refresh");
    check_status(ended, 0, "removed " + images + "/mdrescue-journal-19991231T235902Z.iso\n");
    CHECK(contains(ended.out, "image_unreadable"));
    CHECK(kept().size() == 4);
    CHECK(fs::exists(images + "/precious.iso"));
}

TEST_CASE_FIXTURE(Shelf, "HOOKS=no: hooks only look; a person still gets an image") {
    configure("HOOKS=no\n");
    check_status(says("refresh", {"--hook"}), 0, "HOOKS=no");
    CHECK(kept().empty());
    record(degraded());
    check_status(says("refresh", {"--hook"}), 0, "HOOKS=no");
    record(test::linux_journal_machine("1.2"));
    CHECK(contains(test::get(prom), "mdrescue_fresh 0\n"));
    CHECK(contains(test::get(prom), "mdrescue_images 0\n"));
    check_status(says("refresh"), 0, "fresh");
    CHECK(contains(test::get(prom), "mdrescue_fresh 1\n"));
}

TEST_CASE_FIXTURE(Shelf, "images that are none, of another machine, of a newer mdrescue, too old") {
    REQUIRE(says("refresh").status == 0);
    const std::string image = images + "/" + kept()[0];
    check_status(says("status", {scratch.path() + "/none"}), 1, "image_unreadable",
                 "not fresh: 1 difference\n");
    test::put(output, "x");
    check_status(says("status", {output}), 1, "too short for an image");
    const std::string good = test::get(image);
    test::put(output, good.substr(0, good.size() - 1));
    check_status(says("status", {output}), 1, "truncated");
    // A flipped bit is seen without --verify where it concerns what is compared, else with it.
    std::string flipped = good;
    flipped[flipped.find("\"path\":\"boot/vmlinuz-6.1.0-1\"") + 9] = 'B';
    test::put(output, flipped);
    check_status(says("status", {output}), 1, "mdrescue/boot.jsonl is damaged");
    flipped = good;
    flipped[flipped.find("kernel without modules")] = 'K';
    test::put(output, flipped);
    check_status(says("status", {output}), 0, "fresh");
    check_status(says("status", {"--verify", output}), 1,
                 "image_damaged     boot/vmlinuz-6.1.0-2 is damaged.");
    flipped = good;
    flipped[flipped.find("\"version\": 1") + 11] = '9';
    test::put(output, flipped);
    check_status(says("status", {output}), 1, "profile version 9");

    record(test::mirror_uefi_machine());
    const auto other = says("status", {image});
    check_status(other, 1, "machine           This record is of journal", "1 difference\n");

    fs::remove(output);
    ::setenv("SOURCE_DATE_EPOCH", "1700000000", 1);
    record(test::linux_journal_machine("1.2"));
    REQUIRE(run_program({.arguments = command()}).status == 0);
    check_status(says("status", {output}), 1, "days ago; 30 days at most are wanted",
                 "1 difference\n");
    configure("MAX_AGE_DAYS=36500\n");
    check_status(says("status", {output}), 0, "fresh");
}

TEST_CASE_FIXTURE(Shelf, "a /boot that cannot be read is said, and the rest all the same") {
    REQUIRE(says("refresh").status == 0);
    fs::rename(root + "/boot", root + "/boot.away");
    const auto ended = says("status");
    check_status(ended, 1, "boot              there is no " + root + "/boot", "1 difference\n");
    record(degraded());
    check_status(says("status"), 1, "degraded          md1");
}

TEST_CASE_FIXTURE(Shelf,
                  "status for programs: JSON and nothing else, and the text for node_exporter") {
    const auto json = [&](const Words &more, int status) {
        Words words{"--json"};
        words.insert(words.end(), more.begin(), more.end());
        const auto ended = says("status", words);
        INFO(ended.err);
        CHECK(ended.status == status);
        return nlohmann::json::parse(ended.out);
    };
    const auto none = json({"--prometheus", prom}, 1);
    CHECK(none["fresh"] == false);
    CHECK(contains(none["reason"], "no image"));
    CHECK(none["arrays"][1]["members_active"] == 6);
    CHECK(none["arrays"][1]["members_recorded"] == 0);
    CHECK(contains(test::get(prom), "mdrescue_fresh 0\n"));
    REQUIRE(says("refresh").status == 0);
    auto found = json({}, 0);
    CHECK(found["fresh"] == true);
    CHECK(found["images"][0]["host_name"] == "journal");
    CHECK(found["images"][0]["differences"].empty());
    test::put(root + "/boot/n\"w\x1b", "x");
    found = json({"--prometheus", prom}, 1);
    CHECK(found["images"][0]["differences"][0]["kind"] == "boot");
    CHECK(found["images"][0]["differences"][0]["text"] == "/boot/n\"w\\x1b is new.");
    const std::string metrics = test::get(prom);
    CHECK(contains(metrics, "# TYPE mdrescue_image_fresh gauge\nmdrescue_image_fresh{image=\"" +
                                images + "/" + kept()[0] + "\"} 0\n"));
    CHECK(contains(metrics, ",kind=\"boot\"} 1\n"));
    CHECK(contains(metrics, ",kind=\"esp\"} 0\n"));
    struct stat info {};
    REQUIRE(::stat(prom.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777U) == 0644);
    check_status(says("status", {"--prometheus", scratch.path() + "/none/x.prom"}), 1, "",
                 "none/x.prom");
}

TEST_CASE(
    "recorded machines: whatever they are made of, they do not differ from their own record") {
    const auto machine_of = [](const std::string &name) {
        const auto facts = probe::load(MDRESCUE_SOURCE_DIR "/tests/machines/" + name);
        REQUIRE_MESSAGE(facts.has_value(), name);
        return profile::recorded(probe::interpret(*facts).value());
    };
    const auto kinds = [](const model::Machine &recorded, const model::Machine &now) {
        const auto profile =
            profile::from_json(profile::to_json(test::profile_of(recorded))).value();
        std::set<std::string> found;
        for (const auto &difference :
             diagnose::layout_differences(profile, now, diagnose::recognise(profile, now)))
            found.emplace(diagnose::difference_name(difference.kind));
        return found;
    };
    const auto running = machine_of("every-metadata");
    const auto stopped = machine_of("every-metadata-stopped");
    const std::set<std::string> only_degraded{"degraded"}; // as both were recorded
    CHECK(kinds(running, running) == only_degraded);
    CHECK(kinds(stopped, stopped) == only_degraded);
    // Volumes that are not active now; the loaders of the EFI system partition that is not mounted.
    CHECK(kinds(running, stopped) == std::set<std::string>{"boot_loader", "degraded"});
}

TEST_CASE("labels of the text for node_exporter are escaped, samples of one name stay together") {
    cli::MachineStatus status;
    status.now = 1000;
    cli::ImageStatus image{"/a\"b\\c\n", test::profile_of(test::linux_journal_machine()), {}};
    image.profile->made_at = 400;
    status.images = {image, {"/second", std::nullopt, {}}};
    const std::string text = cli::status_metrics(status);
    CHECK(contains(text, "mdrescue_image_age_seconds{image=\"/a\\\"b\\\\\\\\c\\\\x0a\"} 600\n"));
    CHECK_FALSE(contains(text, "mdrescue_image_age_seconds{image=\"/second\"}"));
    std::map<std::string, unsigned> headers;
    for (std::size_t at = text.find("# TYPE "); at != std::string::npos;
         at = text.find("# TYPE ", at + 1))
        ++headers[text.substr(at + 7, text.find(' ', at + 7) - at - 7)];
    for (const auto &[name, count] : headers)
        CHECK_MESSAGE(count == 1, name);
    CHECK(headers.size() == 5);
}

TEST_CASE_FIXTURE(Shelf,
                  "one refresh at a time; broken configuration and output: the reason, exit 1") {
    fs::create_directories(images);
    const int other = ::open((images + "/.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(::flock(other, LOCK_EX | LOCK_NB) == 0);
    check_status(says("refresh"), 1, "", "another process holds " + images + "/.lock");
    ::close(other);
    CHECK(kept().empty());
    for (const std::string command : {"status", "refresh"}) {
        configure("KEPT=3\n");
        check_status(says(command), 1, "", conf + ": line 3: unknown key \"KEPT\"");
        configure("");
        check_status(run_program({.arguments = {command, "--config", scratch.path() + "/none"}}), 1,
                     "", "No such file");
    }
    test::put(scratch.path() + "/file", "");
    test::put(conf, "IMAGES=" + scratch.path() + "/file/images\n");
    check_status(says("refresh"), 1, "", "cannot make the directory");
    configure("");
    fs::create_directory(prom);
    check_status(says("refresh"), 1, "", prom);
    CHECK(kept().size() == 1); // the image is there all the same
}
