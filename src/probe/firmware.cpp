// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/firmware.h"

#include "util/bytes.h"

#include <charconv>
#include <fmt/format.h>

namespace mdrescue::probe {
namespace {

using util::fail;
using util::little_endian;
using util::Result;

constexpr const char *directory = "/sys/firmware/efi/efivars/";
constexpr std::string_view global_variable =
    "-8be4df61-93ca-11d2-aa0d-00e098032b8c"; // EFI_GLOBAL_VARIABLE
constexpr std::size_t attributes_size = 4;

/// "Boot001F" → 0x1f
std::optional<unsigned> entry_number(std::string_view name) {
    constexpr std::string_view start = "Boot";
    unsigned number = 0;
    if (!name.starts_with(start) || name.size() != start.size() + 4)
        return std::nullopt;
    const auto [end, error] =
        std::from_chars(name.data() + start.size(), name.data() + name.size(), number, 16);
    if (error != std::errc{} || end != name.data() + name.size())
        return std::nullopt;
    return number;
}

void append_utf8(std::string &text, std::uint32_t point) {
    const auto add = [&](std::uint32_t byte) { text += static_cast<char>(byte); };
    if (point < 0x80) {
        add(point);
    } else if (point < 0x800) {
        add(0xc0U | (point >> 6U));
        add(0x80U | (point & 0x3fU));
    } else if (point < 0x10000) {
        add(0xe0U | (point >> 12U));
        add(0x80U | ((point >> 6U) & 0x3fU));
        add(0x80U | (point & 0x3fU));
    } else {
        add(0xf0U | (point >> 18U));
        add(0x80U | ((point >> 12U) & 0x3fU));
        add(0x80U | ((point >> 6U) & 0x3fU));
        add(0x80U | (point & 0x3fU));
    }
}

/// UTF-16LE up to a NUL or the end; a lone surrogate becomes U+FFFD. Moves `at` behind the NUL.
std::string utf16_text(std::string_view bytes, std::size_t &at) {
    const auto unit = [&](std::size_t offset) {
        return std::uint32_t{little_endian<std::uint16_t>(bytes, offset)};
    };
    std::string text;
    while (at + 2 <= bytes.size()) {
        std::uint32_t point = unit(at);
        at += 2;
        if (point == 0)
            break;
        const bool high = point >= 0xd800 && point < 0xdc00;
        if (high && at + 2 <= bytes.size() && unit(at) >= 0xdc00 && unit(at) < 0xe000) {
            point = 0x10000 + ((point - 0xd800) << 10U) + (unit(at) - 0xdc00);
            at += 2;
        } else if (point >= 0xd800 && point < 0xe000) {
            point = 0xfffd;
        }
        append_utf8(text, point);
    }
    return text;
}

/// UEFI specification 2.10, 10.3: type, subtype, 16 bits of length, then the node's own data.
void read_device_path(std::string_view path, model::BootEntry &entry) {
    constexpr unsigned media = 4, hard_drive = 1, file_path = 4, signature_guid = 2;
    for (std::size_t at = 0; at + 4 <= path.size();) {
        const auto byte = [&](std::size_t offset) {
            return static_cast<unsigned>(static_cast<unsigned char>(path[at + offset]));
        };
        const std::size_t length = little_endian<std::uint16_t>(path, at + 2);
        if (length < 4 || at + length > path.size())
            return;
        if (byte(0) == media && byte(1) == hard_drive && length >= 42 && byte(41) == signature_guid)
            entry.partition_guid = util::guid_text(path.substr(at + 24, 16));
        if (byte(0) == media && byte(1) == file_path) {
            std::size_t start = 0;
            entry.file += utf16_text(path.substr(at + 4, length - 4), start);
        }
        at += length;
    }
}

std::string variable(Observation &observation, const std::string &name) {
    const std::string bytes = observation.facts.bytes("efivars/" + name);
    return bytes.size() < attributes_size ? std::string() : bytes.substr(attributes_size);
}

} // namespace

void collect_firmware(Collector &collector) {
    if (!collector.system().exists("/sys/firmware/efi"))
        return;
    collector.keep("firmware/efi", "1");
    const auto names = collector.list(directory);
    if (names.empty())
        collector.problem("firmware",
                          "the firmware's variables cannot be read (is efivarfs mounted?)");
    for (const std::string &name : names) {
        if (!name.ends_with(global_variable))
            continue;
        const std::string plain = name.substr(0, name.size() - global_variable.size());
        if (plain == "SecureBoot" || plain == "BootOrder" || entry_number(plain))
            collector.keep_file("efivars/" + plain, directory + name);
    }
}

Result<model::BootEntry> parse_load_option(unsigned number, std::string_view raw) {
    constexpr std::size_t header = 6;
    if (raw.size() < header)
        return fail("truncated");
    model::BootEntry entry;
    entry.number = number;
    entry.raw = raw;
    entry.active = (little_endian<std::uint32_t>(raw, 0) & 1U) != 0; // LOAD_OPTION_ACTIVE
    const std::size_t path_length = little_endian<std::uint16_t>(raw, 4);
    std::size_t at = header;
    entry.label = utf16_text(raw, at);
    if (path_length > raw.size() - at)
        return fail("truncated");
    read_device_path(raw.substr(at, path_length), entry);
    return entry;
}

model::Firmware read_firmware(Observation &observation) {
    model::Firmware firmware;
    if (observation.facts.find("firmware/efi") != nullptr)
        firmware.mode = model::Firmware::Mode::uefi;
    const std::string secure_boot = variable(observation, "SecureBoot");
    firmware.secure_boot = !secure_boot.empty() && secure_boot[0] == 1;
    const std::string order = variable(observation, "BootOrder");
    for (std::size_t at = 0; at + 2 <= order.size(); at += 2)
        firmware.boot_order.push_back(little_endian<std::uint16_t>(order, at));
    for (const std::string &name : observation.facts.children("efivars")) {
        const auto number = entry_number(name);
        if (!number)
            continue;
        auto entry = parse_load_option(*number, variable(observation, name));
        if (entry)
            firmware.boot_entries.push_back(std::move(*entry));
        else
            observation.warn(fmt::format("firmware variable {}: {}", name, entry.error().message));
    }
    return firmware;
}

} // namespace mdrescue::probe
