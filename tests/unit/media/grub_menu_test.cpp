// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/grub_menu.h"

#include "../support/example_machine.h"

#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>

using namespace mdrescue;
using Strings = std::vector<std::string>;

namespace {

std::string menu_template() {
    std::ostringstream text;
    text << std::ifstream(MDRESCUE_SOURCE_DIR "/grub/grub.cfg.in").rdbuf();
    return text.str();
}

media::GrubMenuRequest request_for(model::Machine machine) {
    media::GrubMenuRequest request;
    request.profile = test::profile_of(std::move(machine));
    request.kernel = "/boot/vmlinuz-" + request.profile.image_kernel;
    return request;
}

std::string menu_of(const media::GrubMenuRequest &request) {
    const auto menu = media::grub_menu(request, menu_template());
    REQUIRE_MESSAGE(menu, menu.error().message);
    return *menu;
}

bool has(const std::string &text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

/// grub-script-check (package grub-common) parses as GRUB does.
bool grub_accepts(const std::string &menu) {
    const auto path =
        std::filesystem::temp_directory_path() / fmt::format("mdrescue-menu-{}.cfg", ::getpid());
    std::ofstream(path) << menu;
    const int status = std::system(("grub-script-check " + path.string()).c_str());
    std::filesystem::remove(path);
    return status == 0;
}

} // namespace

TEST_CASE("the menu of the article's machine") {
    const std::string menu = menu_of(request_for(test::linux_journal_machine()));
    CHECK(has(menu, "menuentry 'Guided recovery of journal' --id guided --unrestricted {"));
    CHECK(has(
        menu,
        "linux \"($medium)\"'/boot/vmlinuz-6.1.0-56-amd64' mdrescue.mode=$1 "
        "mdrescue.id=6f2f0b2e-1d3c-8a4b-9c5d-0e1f2a3b4c5d console=tty0 console=ttyS0,115200n8\n"));
    CHECK(has(menu, "initrd \"($medium)\"'/mdrescue/initramfs'\n"));
    CHECK(has(menu, "if serial --unit=0 --speed=115200; then"));
    CHECK_FALSE((has(menu, "\ninsmod") || has(menu, "  insmod")));
    CHECK_FALSE(has(menu, "superusers"));
    // Nothing is started by itself that writes without being asked.
    CHECK(has(menu, "set default=guided\n"));
    CHECK_FALSE(has(menu, "unattended"));
    CHECK(has(menu, "terminal_output serial console\n"));
    CHECK(grub_accepts(menu));
}

TEST_CASE("the entry for the installed system comes after the guided recovery") {
    const std::string menu = menu_of(request_for(test::linux_journal_machine()));
    CHECK(has(menu, "linux \"($medium)\"'/boot/vmlinuz-6.1.0-56-amd64' mdrescue.mode=installed "
                    "mdrescue.id=6f2f0b2e-1d3c-8a4b-9c5d-0e1f2a3b4c5d root=/dev/md1 ro quiet "
                    "console=tty0 console=ttyS0,115200n8\n"));
    CHECK(menu.find("rescue_system guided") < menu.find("--id installed"));
    CHECK(grub_accepts(menu));
}

TEST_CASE("the installed system gets its own parameters, without those of another start") {
    auto request = request_for(test::linux_journal_machine());
    request.profile.machine.command_line =
        "BOOT_IMAGE=/vmlinuz root=UUID=1 rw net.ifnames=0 systemd.show_status=1 resume=/dev/md0 "
        "rdinit=/bin/sh initrd=x mdrescue.mode=verify dyndbg=\"a b\" x='$(reboot)' init=/bin/init";
    const std::string menu = menu_of(request);
    CHECK(has(menu, "mdrescue.mode=installed mdrescue.id=6f2f0b2e-1d3c-8a4b-9c5d-0e1f2a3b4c5d "
                    "console=ttyS0,115200 console=tty0 root=UUID=1 rw net.ifnames=0 "
                    "systemd.show_status=1 init=/bin/init\n"));
    CHECK(grub_accepts(menu));
}

TEST_CASE("a UEFI machine's own loaders are tried before the firmware's next entry") {
    auto request = request_for(test::mirror_uefi_machine());
    auto &firmware = request.profile.machine.firmware;
    firmware.boot_order = {9, 7, 3, 0};
    firmware.boot_entries.push_back({7, "fallback", true, "GUID", "\\EFI\\Boot\\BOOTX64.EFI", ""});
    firmware.boot_entries.push_back({9, "odd", true, "GUID", "\\EFI\\x'; halt #\\a b.efi", ""});
    const std::string menu = menu_of(request);
    CHECK(has(menu, "search --no-floppy --set=root --file /EFI/debian/shimx64.efi; then\n"
                    "            chainloader /EFI/debian/shimx64.efi\n"));
    // \EFI\BOOT of whatever disk "search" finds may be the medium's own.
    CHECK_FALSE(has(menu, "--file /EFI/Boot"));
    CHECK_FALSE(has(menu, "halt"));
    CHECK(has(menu, "console=tty0 nomodeset console=ttyS0,115200\n"));
    CHECK(grub_accepts(menu));
}

TEST_CASE("hostile host names and kernel paths stay text") {
    const Strings names{
        "",  "it's",     "$(reboot)", "a\" ; halt ; \"",     "}\nhalt\n{",  "\xff\xfe",
        "`", "\\' halt", "\x1b[2J",   std::string(300, 'x'), "caf\xc3\xa9", "@KERNEL@"};
    for (const auto &name : names) {
        CAPTURE(name);
        auto request = request_for(test::linux_journal_machine());
        request.profile.machine.host_name = name;
        const std::string menu = menu_of(request);
        CHECK(grub_accepts(menu));
        std::istringstream lines(menu);
        for (std::string line; std::getline(lines, line);) {
            CHECK(line.rfind("halt", 0) == std::string::npos);
            // A screen has 80 columns, of which GRUB's frame takes some.
            if (const auto title = line.find("menuentry '"); title != std::string::npos)
                CHECK_MESSAGE(line.find("' --id") - title - 11 <= 72, line);
        }
        CHECK(menu.find_first_of("\x1b\xff\xc3") == std::string::npos);
    }
    auto request = request_for(test::linux_journal_machine());
    request.profile.machine.host_name = "it's";
    CHECK(has(menu_of(request), "menuentry 'Guided recovery of it'\\''s' "));
    request.kernel = "/boot/vm 'linuz' $root \"x\" \\";
    CHECK(has(menu_of(request), "\"($medium)\"'/boot/vm '\\''linuz'\\'' $root \"x\" \\' mdrescue"));
    CHECK(grub_accepts(menu_of(request)));
    request.kernel = "/boot/vm\nlinuz";
    CHECK_FALSE(media::grub_menu(request, menu_template()));
}

TEST_CASE("what is kept of the machine's command line") {
    CHECK(media::hardware_parameters(
              "BOOT_IMAGE=/vmlinuz root=UUID=1 ro quiet splash resume=/dev/md0 nomodeset pci=nomsi "
              "usb-storage.quirks=1234:5678:u init=/bin/sh systemd.unit=x "
              "mdrescue.mode=unattended") ==
          Strings{"nomodeset", "pci=nomsi", "usb-storage.quirks=1234:5678:u"});
    CHECK(media::hardware_parameters(
              "video=\"a root=b\" console=$(reboot) memtest=1 nomodesetx iommu=pt") ==
          Strings{"iommu=pt"});
    CHECK(media::hardware_parameters("").empty());
}

TEST_CASE("serial port and consoles follow the machine") {
    auto request = request_for(test::linux_journal_machine());
    const auto with = [&](const std::string &command_line) {
        request.profile.machine.command_line = command_line;
        return menu_of(request);
    };
    const std::string second = with("console=ttyS1,57600n8 console=tty0");
    CHECK(has(second, "serial --unit=1 --speed=57600;"));
    CHECK(has(second, " console=tty0 console=ttyS1,57600n8\n"));
    CHECK(has(with("console=ttyS0"), "serial --unit=0 --speed=9600;"));
    CHECK(has(with("console=ttyS12,9600 console=ttyS4"), "serial --unit=0 --speed=115200;"));
    CHECK(has(with("console=ttyAMA0,9600"),
              " console=tty0 console=ttyAMA0,9600 console=ttyS0,115200\n"));
}

TEST_CASE("a password locks editing, not starting") {
    auto request = request_for(test::linux_journal_machine());
    request.password_hash = "grub.pbkdf2.sha512.10000.0A1B.C0FFEE";
    const std::string menu = menu_of(request);
    CHECK(has(menu, "set superusers=mdrescue\npassword_pbkdf2 mdrescue "
                    "grub.pbkdf2.sha512.10000.0A1B.C0FFEE\n"));
    CHECK(grub_accepts(menu));
    for (std::size_t at = menu.find("menuentry '"); at != std::string::npos;
         at = menu.find("menuentry '", at + 1))
        CHECK(has(menu.substr(at, menu.find('\n', at) - at), "--unrestricted"));
    for (const std::string bad :
         {"secret", "grub.pbkdf2.sha512.10000.0A1B.", "grub.pbkdf2.sha512.10000.0A1B.C0\nhalt"}) {
        request.password_hash = bad;
        CHECK_FALSE(media::grub_menu(request, menu_template()));
    }
}
