// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/firmware.h"
#include "util/bytes.h"

#include <doctest/doctest.h>

using namespace mdrescue;
using namespace mdrescue::probe;

namespace {

std::string utf16(const std::u16string &text) {
    std::string bytes;
    for (const char16_t unit : text) {
        bytes += static_cast<char>(unit & 0xff);
        bytes += static_cast<char>(unit >> 8U);
    }
    return bytes + std::string(2, '\0');
}

/// As grub-install and efibootmgr write it: HD(2,GPT,<guid>)/File(\EFI\debian\shimx64.efi).
std::string load_option(const std::u16string &label) {
    std::string hd("\x04\x01\x2a\x00", 4);
    hd += std::string("\x02\0\0\0", 4) + std::string(16, '\0');
    hd += *util::guid_bytes("B080CB48-0176-1142-9ADA-968C4F78A95D") + "\x02\x02";
    std::string name = utf16(u"\\EFI\\debian\\shimx64.efi");
    std::string file("\x04\x04", 2);
    file += static_cast<char>(name.size() + 4);
    file += '\0';
    const std::string path = hd + file + name + std::string("\x7f\xff\x04\x00", 4);
    std::string option("\x01\0\0\0", 4);
    option += static_cast<char>(path.size());
    option += '\0';
    return option + utf16(label) + path + "optional data";
}

} // namespace

TEST_CASE("a boot entry") {
    const std::string raw = load_option(u"debian \u00e9\U0001F600");
    const auto entry = parse_load_option(3, raw);
    REQUIRE(entry);
    CHECK(entry->number == 3);
    CHECK(entry->active);
    CHECK(entry->label == "debian \xc3\xa9\xf0\x9f\x98\x80");
    CHECK(entry->partition_guid == "B080CB48-0176-1142-9ADA-968C4F78A95D");
    CHECK(entry->file == "\\EFI\\debian\\shimx64.efi");
    CHECK(entry->raw == raw);
}

TEST_CASE("broken boot entries") {
    const std::string raw = load_option(u"x");
    for (std::size_t length = 0; length <= raw.size(); ++length)
        static_cast<void>(parse_load_option(0, raw.substr(0, length)));
    CHECK_FALSE(parse_load_option(0, raw.substr(0, 20)));
    std::string endless = raw;
    endless[12] = '\0'; // a node of length 0
    CHECK(parse_load_option(0, endless)->partition_guid.empty());
    const char16_t lone[] = {0xd800, u'x', 0};
    CHECK(parse_load_option(0, load_option(lone))->label == "\xef\xbf\xbdx");
}

TEST_CASE("firmware mode, Secure Boot and boot order") {
    const std::string attributes(4, '\x06');
    const Facts facts{
        {"firmware/efi", "1"},
        {"efivars/SecureBoot", attributes + "\x01"},
        {"efivars/BootOrder", attributes + std::string("\x03\0\x10", 3) + std::string("\0\x07", 2)},
        {"efivars/Boot0003", attributes + load_option(u"debian")},
        {"efivars/Boot0010", "x"}};
    Observation observation(facts);
    const auto firmware = read_firmware(observation);
    CHECK(firmware.mode == model::Firmware::Mode::uefi);
    CHECK(firmware.secure_boot);
    CHECK(firmware.boot_order == std::vector<unsigned>{3, 16});
    CHECK(firmware.boot_entries.size() == 1);
    CHECK(observation.warnings.size() == 1);
    CHECK(observation.facts.unused().empty());
}
