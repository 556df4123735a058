// SPDX-License-Identifier: GPL-3.0-or-later
// Names from disks through a whole build: into GRUB's menu, the pages, the terminal, JSON.
#include "cli/esp_snapshots.h"

#include "../support/example_machine.h"
#include "media/image_reader.h"
#include "program.h"
#include "small_root.h"
#include "util/text.h"

#include <doctest/doctest.h>
#include <sstream>

using namespace mdrescue;

namespace {

const std::string evil =
    "a\"b' $(reboot)`reboot`\x1b[2J\x07\xff\xfe\n}\nreboot\n{ <script>\xe2\x80\xae \\";

bool contains(const std::string &text, const std::string &part) {
    return text.find(part) != std::string::npos;
}

/// Nothing that a terminal would act on, and no bytes that are no text.
void check_harmless(const std::string &text) {
    CHECK(util::valid_utf8(text));
    CHECK_FALSE(contains(text, "\x1b"));
    CHECK_FALSE(contains(text, "\x07"));
    CHECK_FALSE(contains(text, "\xe2\x80\xae"));
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
        CHECK(util::trimmed(line) != "reboot");
}

model::Machine evil_machine(model::Machine machine) {
    machine.host_name = machine.machine_id = machine.product = machine.os = evil;
    machine.command_line = "console=ttyS0,115200 nomodeset init=" + evil + " video=$(reboot)";
    machine.warnings = {evil};
    for (auto &disk : machine.disks) {
        disk.serial = disk.model = disk.wwn = disk.position = evil + disk.id;
        for (auto &partition : disk.table->partitions) {
            partition.name = evil;
            if (partition.content.filesystem)
                partition.content.filesystem->label = evil;
        }
    }
    for (auto &array : machine.arrays) {
        array.name = array.homehost = evil;
        if (array.content.filesystem)
            array.content.filesystem->label = evil;
    }
    for (auto &group : machine.volume_groups)
        group.name = evil;
    for (auto &mount : machine.mounts)
        mount.target += evil;
    for (auto &entry : machine.firmware.boot_entries)
        entry.label = entry.file = evil;
    machine.files = {{"/etc/fstab", evil}};
    return machine;
}

} // namespace

TEST_CASE_FIXTURE(test::SmallRoot, "hostile names of disks, labels and machines stay text from the "
                                   "disk to the image and the screen") {
    // A kernel's version is its file's name, and that goes into GRUB's script.
    const std::string version = "6.1'$(reboot)\" }";
    std::filesystem::rename(root + "/lib/modules/6.1.0-1", root + "/lib/modules/" + version);
    test::put(root + "/boot/vmlinuz-" + version, "kernel");
    test::put(root + "/boot/$(reboot)", "x");
    test::put(root + "/boot/\x1b[2J\xff", "x");
    for (const auto &machine : {test::linux_journal_machine(), test::mirror_uefi_machine()}) {
        const auto wanted = evil_machine(machine);
        record(wanted);
        const auto built =
            test::run_program({.arguments = command({"--kernel", version, "--force"})});
        REQUIRE_MESSAGE(built.status == 0, built.err);
        check_harmless(built.out + built.err);

        const auto file = [&](const std::string &name) {
            return media::read_image_file(output, name).value();
        };
        const std::string menu = file("mdrescue/grub/grub.cfg");
        check_harmless(menu);
        const std::string quoted = "'/boot/vmlinuz-6.1'\\''$(reboot)\" }'";
        CHECK(contains(menu, quoted));
        CHECK(contains(menu, "nomodeset"));
        CHECK_FALSE(contains(menu, "init="));
        test::put(scratch.path() + "/grub.cfg", menu);
        CHECK(std::system(("grub-script-check " + scratch.path() + "/grub.cfg").c_str()) == 0);
        check_harmless(file("README.txt"));
        const std::string page = file("README.html");
        check_harmless(page);
        CHECK_FALSE(contains(page, "<script"));

        // What is printed is escaped; what is kept is not.
        const auto kept = media::read_image(output).value().profile.machine;
        CHECK(kept.host_name == wanted.host_name);
        auto without_esps = wanted; // the directory holds no files of theirs
        cli::know_loaders(without_esps, {});
        CHECK(kept.disks == without_esps.disks);
        CHECK(kept.files == wanted.files);

        for (const std::string &option : {std::string("--json"), std::string()}) {
            std::vector<std::string> words{"inspect", output};
            if (!option.empty())
                words.push_back(option);
            const auto inspected = test::run_program({.arguments = words});
            CHECK(inspected.status == 0);
            check_harmless(inspected.out + inspected.err);
            CHECK(contains(inspected.out, "$(reboot)"));
        }
        const auto verified = test::run_program({.arguments = {"verify", output}});
        CHECK(verified.status == 0);
    }
}
