// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/machine_table.h"

#include "../support/example_machine.h"

#include <doctest/doctest.h>

using namespace mdrescue;

namespace {

bool has(const std::string &text, const std::string &part) {
    return text.find(part) != std::string::npos;
}

/// One line's words, whatever blanks are between them.
bool has_row(const std::string &text, const std::string &row) {
    std::string squeezed;
    for (const char c : text)
        if (c != ' ' || squeezed.empty() || squeezed.back() != ' ')
            squeezed += c;
    return has(squeezed, row + "\n");
}

std::string in_red(const std::string &text) { return "\x1b[31;1m" + text + "\x1b[0m"; }

} // namespace

TEST_CASE("the table says which disk, which serial, what lives on it and who depends on it") {
    const std::string text = cli::machine_table(test::linux_journal_machine(), false);
    CHECK_FALSE(has(text, "\x1b"));
    CHECK(has(text, "serial 3FE0BX717"));
    CHECK(has(text, "[sda]"));
    CHECK(has_row(text, " MBR GRUB"));
    CHECK(has_row(text, " 1 262 MB ext2 \"/boot\", /boot"));
    CHECK(has_row(text, " 2 18 GB md1 slot 0: ext3 \"/\", /"));
    CHECK(has_row(text, " 1 262 MB md0 slot 2: swap, swap"));
    // Only the first disk is the machine's own life.
    const auto at = text.find("the machine does not start without it\n");
    REQUIRE(at != std::string::npos);
    CHECK(at < text.find("disk2"));
    CHECK(text.find("the machine does not start", at + 1) == std::string::npos);

    const std::string lvm = cli::machine_table(test::mirror_uefi_machine(), false);
    CHECK(has(lvm, "firmware UEFI with Secure Boot"));
    CHECK(has_row(lvm, " 1 537 MB vfat, /boot/efi, EFI boot loaders"));
    CHECK(has_row(lvm, " 3 959 GB md127 slot 1: LVM physical volume of vg0"));
    CHECK(has_row(lvm, " root 64 GB xfs, /"));
    CHECK(has_row(lvm, " swap 8.6 GB swap, swap"));
    CHECK_FALSE(has(lvm, "does not start"));
}

TEST_CASE("what is wrong right now is said in red") {
    auto machine = test::linux_journal_machine();
    machine.arrays[1].slots_up[0] = false;
    machine.arrays[0].kernel_name.clear();
    machine.arrays[0].content = {};
    machine.warnings = {"sdb: odd"};
    machine.disks[0].serial.clear();
    const std::string text = cli::machine_table(machine, true);
    CHECK(has(text, in_red("[_UUUUU]")));
    CHECK(has(text, in_red("degraded: the next failure loses data")));
    CHECK(has(text, in_red("not running")));
    CHECK(has(text, in_red("sdb: odd")));
    CHECK(has(text, in_red("the machine does not start without it")));
    CHECK(has(text, "no serial"));
    CHECK_FALSE(has(text, "empty")); // nobody knows what is on an array that does not run
    const std::string whole = cli::machine_table(test::linux_journal_machine(), true);
    CHECK_FALSE(has(whole, "degraded"));
    CHECK_FALSE(has(whole, in_red("[UUUUUU]")));
}
