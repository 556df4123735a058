// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/signatures.h"

#include "util/text.h"

#include <charconv>
#include <fmt/format.h>

namespace mdrescue::probe {
namespace {

// blkid(8), EXIT STATUS
constexpr int nothing_found = 2;
constexpr int ambivalent_result = 8;

std::vector<std::string> argv_for(const std::vector<std::string> &devices, std::size_t first,
                                  std::size_t count) {
    std::vector<std::string> argv{"blkid", "-p", "-o", "udev"};
    for (std::size_t i = first; i < first + count; ++i)
        argv.push_back(device_node(devices[i]));
    return argv;
}

/// Blocks of lines, one per device, separated by an empty line.
std::vector<std::string> blocks_of(std::string_view output) {
    std::vector<std::string> blocks;
    while (!output.empty()) {
        const auto end = output.find("\n\n");
        const auto block = output.substr(0, end == std::string_view::npos ? end : end + 1);
        if (!util::trimmed(block).empty())
            blocks.emplace_back(block);
        output.remove_prefix(end == std::string_view::npos ? output.size() : end + 2);
    }
    return blocks;
}

/// blkid answers "nothing found" for a device it cannot read as well. "Empty" must not be said of a
/// disk nobody could look at.
bool readable(Collector &collector, const std::string &device) {
    constexpr std::uint64_t where_signatures_are = 128U << 10U;
    const auto start = collector.system().read_at(device_node(device), 0, where_signatures_are);
    if (!start)
        collector.problem("read/" + device, start.error().message);
    return start.has_value();
}

void collect_one(Collector &collector, const std::string &device) {
    auto output = collector.system().run({argv_for({device}, 0, 1)});
    if (!output)
        return collector.problem("blkid/" + device, output.error().message);
    const bool answered = output->status == 0 || output->status == ambivalent_result;
    const bool nothing = output->status == nothing_found && output->err.empty();
    if (answered || (nothing && readable(collector, device)))
        collector.keep("blkid/" + device, std::move(output->out));
    else if (!nothing)
        collector.problem("blkid/" + device,
                          fmt::format("blkid ended with status {}: {}", output->status,
                                      util::trimmed(output->err)));
}

/// A block that speaks of partition 2 cannot be that of "sda" or "sda1": another blkid than
/// util-linux's of today might go on behind a device on which it finds nothing, and all following
/// blocks would be taken for those of other devices.
bool plausible(const std::string &device, const std::string &block) {
    constexpr std::string_view key = "ID_PART_ENTRY_NUMBER=";
    const auto at = block.find(key);
    if (at == std::string::npos)
        return true;
    return device.ends_with(block.substr(at + key.size(), block.find('\n', at) - at - key.size()));
}

/// One run over all devices from `first` on; for how many of them it gave an answer.
std::size_t collect_batch(Collector &collector, const std::vector<std::string> &devices,
                          std::size_t first) {
    const std::size_t count = devices.size() - first;
    auto output = collector.system().run({argv_for(devices, first, count)});
    if (!output)
        return 0;
    auto blocks = blocks_of(output->out);
    // What it says of an ambivalent device is not set apart from the device before: neither is
    // taken from here.
    if (output->status == ambivalent_result && !blocks.empty())
        blocks.pop_back();
    if (blocks.size() > count || (blocks.size() < count && output->status == 0))
        return 0;
    for (std::size_t i = 0; i < blocks.size(); ++i)
        if (!plausible(devices[first + i], blocks[i]))
            return 0;
    for (std::size_t i = 0; i < blocks.size(); ++i)
        collector.keep("blkid/" + devices[first + i], std::move(blocks[i]));
    const bool nothing_on_next = blocks.size() < count && output->status == nothing_found &&
                                 output->err.empty() &&
                                 readable(collector, devices[first + blocks.size()]);
    if (nothing_on_next)
        collector.keep("blkid/" + devices[first + blocks.size()], "");
    return blocks.size() + (nothing_on_next ? 1 : 0);
}

std::vector<std::string> ambivalent_types(std::string_view value) {
    // "filesystem:ext4:1.0 other:swap:1"
    std::vector<std::string> types;
    for (const std::string_view word : util::split_words(value)) {
        const auto fields = util::split(word, ':');
        types.emplace_back(fields.size() > 1 ? fields[1] : word);
    }
    return types;
}

} // namespace

std::string decode_udev(std::string_view encoded) {
    std::string decoded;
    for (std::size_t i = 0; i < encoded.size(); ++i) {
        unsigned value = 0;
        const char *digits = encoded.data() + i + 2;
        if (encoded[i] == '\\' && i + 3 < encoded.size() && encoded[i + 1] == 'x' &&
            std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2) {
            decoded += static_cast<char>(value);
            i += 3;
        } else {
            decoded += encoded[i];
        }
    }
    return decoded;
}

Signature parse_signature(std::string_view udev_lines) {
    Signature signature;
    signature.known = true;
    for (const std::string_view line : util::split(udev_lines, '\n')) {
        const auto equals = line.find('=');
        if (equals == std::string_view::npos)
            continue;
        const auto name = line.substr(0, equals);
        const auto value = line.substr(equals + 1);
        if (name == "ID_FS_TYPE")
            signature.type = value;
        else if (name == "ID_FS_USAGE")
            signature.usage = value;
        else if (name == "ID_FS_UUID_ENC")
            signature.uuid = decode_udev(value);
        else if (name == "ID_FS_LABEL_ENC")
            signature.label = decode_udev(value);
        else if (name == "ID_PART_TABLE_TYPE")
            signature.table = value;
        else if (name == "ID_FS_AMBIVALENT")
            signature.ambivalent = ambivalent_types(decode_udev(value));
    }
    return signature;
}

void collect_signatures(Collector &collector, const std::vector<std::string> &devices) {
    for (std::size_t done = 0; done < devices.size();) {
        const std::size_t answered = collect_batch(collector, devices, done);
        done += answered;
        if (answered == 0)
            collect_one(collector, devices[done++]);
    }
}

Signature read_signature(FactReader &facts, const std::string &device) {
    const std::string *lines = facts.find("blkid/" + device);
    return lines == nullptr ? Signature{} : parse_signature(*lines);
}

} // namespace mdrescue::probe
