// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/page.h"

#include "../support/example_machine.h"

#include <cstdlib>
#include <doctest/doctest.h>
#include <fstream>
#include <sstream>

using namespace mdrescue;

namespace {

std::string template_text(const std::string &name) {
    std::ostringstream text;
    text << std::ifstream(MDRESCUE_SOURCE_DIR "/templates/" + name).rdbuf();
    return text.str();
}

std::string html_of(const media::PageRequest &request) {
    const auto page = media::page_html(request, template_text("README.html.in"));
    REQUIRE_MESSAGE(page, page.error().message);
    return *page;
}

std::string text_of(const media::PageRequest &request) {
    const auto page = media::page_text(request, template_text("README.txt.in"));
    REQUIRE_MESSAGE(page, page.error().message);
    return *page;
}

media::PageRequest request_for(model::Machine machine) {
    media::PageRequest request;
    request.profile = test::profile_of(std::move(machine));
    return request;
}

bool has(const std::string &text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

/// The part about one disk in the plain page.
std::string about(const std::string &page, const std::string &from, const std::string &to) {
    const auto begin = page.find("\n" + from);
    REQUIRE(begin != std::string::npos);
    return page.substr(begin, page.find("\n" + to, begin + 1) - begin);
}

/// One line, so that a sentence is found wherever it was broken.
std::string unwrapped(const std::string &text) {
    std::string line;
    for (const char c : text)
        if (c != '\n' && (c != ' ' || line.empty() || line.back() != ' '))
            line += c;
        else if (!line.empty() && line.back() != ' ')
            line += ' ';
    return line;
}

} // namespace

TEST_CASE("the article's machine: what each disk's death means") {
    const std::string page = text_of(request_for(test::linux_journal_machine()));
    const std::string first = unwrapped(about(page, "Disk 1 ", "Disk 2 "));
    CHECK(has(first, "serial 3FE0BX717"));
    CHECK(has(first, "sda1: /boot (ext2), 262 MB"));
    CHECK(has(first, "sda2: md1 slot 0 (/), 18 GB"));
    CHECK(has(first, "If it dies: The machine does not start without it."));
    CHECK(has(first, "Array md1 [/] goes on without it: [_UUUUU]. No other of its disks may die "
                     "before it is rebuilt."));
    CHECK(
        has(first,
            "/boot is only on this disk. This medium holds its files as of 2025-11-22 08:30 UTC."));
    CHECK(has(first, "It carries the machine's only boot loader (GRUB)."));
    CHECK(has(first, "at least 18,210,036,736 bytes (18 GB) with sectors of 512 bytes"));

    const std::string fourth = unwrapped(about(page, "Disk 4 ", "Disk 5 "));
    CHECK(has(fourth, "If it dies: The machine starts by itself without it."));
    CHECK(has(fourth, "Array md0 [swap] goes on without it: [UU_UU]."));
    CHECK(has(fourth, "Array md1 [/] goes on without it: [UUU_UU]."));
    CHECK_FALSE(has(fourth, "boot loader"));
    CHECK(has(page, "! The machine does not start without Disk 1 (serial 3FE0BX717)."));
}

TEST_CASE("the plain page fits 80 columns") {
    for (const auto &machine : {test::linux_journal_machine(), test::mirror_uefi_machine()}) {
        std::istringstream lines(text_of(request_for(machine)));
        for (std::string line; std::getline(lines, line);)
            CHECK_MESSAGE(line.size() <= 80, line);
    }
}

TEST_CASE("a UEFI mirror with LVM") {
    auto request = request_for(test::mirror_uefi_machine());
    request.secure_boot = true;
    request.saved_esps = {{"disk1", 1}};
    const std::string page = unwrapped(text_of(request));
    CHECK(has(page, "nvme0n1p1: EFI, /boot/efi (vfat), 537 MB"));
    CHECK(has(page, "nvme1n1p1: EFI system partition, 537 MB"));
    CHECK(has(page, "nvme1n1p3: md127 (data) slot 1 (LVM vg0: /, swap), 959 GB"));
    CHECK(has(page, "Its EFI system partition is gone. This medium holds the files. - It is "
                    "mounted as /boot/efi."));
    CHECK(has(page, "mdrescue/esp/"));
    CHECK(has(about(text_of(request), "Disk 2 ", "THE ARRAYS"), "this medium does not"));
    CHECK(has(page, "Its EFI boot loader is gone; Disk 2 has one, too."));
    CHECK(has(page, "starts on BIOS and UEFI (Secure Boot may stay on)"));
    CHECK(has(page, "It looks for the disks, shows a plan, and writes nothing before you have "
                    "agreed to it."));
    CHECK(has(page, "choose \"Start the installed system from this medium\"."));
}

TEST_CASE("the HTML page is one self-contained file") {
    const std::string page = html_of(request_for(test::linux_journal_machine()));
    for (const auto *part : {"<script", "http:", "https:", "url(", "@import", "src=", "@HOST@"})
        CHECK_FALSE(has(page, part));
    CHECK(has(page, "<svg viewBox=\"0 0 960 492\""));
    CHECK(has(page, "<title>sda2: md1 slot 0, /, 18 GB</title>"));
    CHECK(has(page, "prefers-color-scheme: dark"));
    CHECK(has(page, "@media print"));
    CHECK(has(page, "<p class=\"verdict bad\">The machine does not start without Disk 1 (serial "
                    "3FE0BX717).</p>"));
}

TEST_CASE("hostile names stay text in both pages") {
    auto request = request_for(test::mirror_uefi_machine());
    const std::string evil = "<script>alert(1)</script>\x1b[2J\xff\"'&\xe2\x80\xae";
    model::Machine &machine = request.profile.machine;
    machine.host_name = machine.product = machine.os = machine.machine_id = evil;
    request.profile.made_by = request.profile.image_kernel = evil;
    machine.warnings = {evil};
    for (auto &disk : machine.disks) {
        disk.serial = disk.model = disk.wwn = disk.position = disk.kernel_name = evil;
        disk.table->partitions[0].content.filesystem->label = evil;
    }
    machine.arrays[0].name = machine.arrays[0].kernel_name = evil;
    machine.volume_groups[0].name = evil;
    machine.mounts[0].target = evil;
    const std::string html = html_of(request);
    CHECK_FALSE(has(html, "<script"));
    CHECK(has(html, "&lt;script&gt;"));
    for (const auto &page : {html, text_of(request)})
        CHECK_FALSE((has(page, "\x1b") || has(page, "\xff") || has(page, "\xe2\x80\xae")));
}

TEST_CASE("odd machines do not break the pages") {
    CHECK(has(html_of({}), "a machine without a name"));
    CHECK(has(text_of({}), "a machine without a name"));
    auto request = request_for(test::linux_journal_machine());
    model::Machine &machine = request.profile.machine;
    request.profile.degraded = true;
    machine.disks[1].table.reset();
    machine.disks[2].table->partitions.clear();
    machine.disks[3].serial.clear();
    machine.disks[4].table->partitions.resize(60, machine.disks[4].table->partitions[1]);
    machine.disks[5].size = 0;
    machine.arrays[0].level = 0;
    machine.arrays[0].slots_up.assign(5, false);
    const std::string page = unwrapped(text_of(request));
    CHECK(has(page, "serial none"));
    CHECK(has(page, "is lost: RAID-0"));
    CHECK(has(page, "An array was degraded when this image was made."));
    CHECK(has(html_of(request), "no partitions"));
}

TEST_CASE("pages for looking at, where a directory is named") {
    const char *directory = std::getenv("MDRESCUE_TEST_PAGES");
    if (directory == nullptr)
        return;
    for (const auto &machine : {test::linux_journal_machine(), test::mirror_uefi_machine()}) {
        const auto request = request_for(machine);
        const std::string base = std::string(directory) + "/" + machine.host_name;
        std::ofstream(base + ".html") << html_of(request);
        std::ofstream(base + ".txt") << text_of(request);
    }
}
