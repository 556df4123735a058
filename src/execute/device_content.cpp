// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/device_content.h"

#include "probe/facts.h"
#include "probe/filesystem.h"
#include "probe/mounts.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>

namespace mdrescue::execute {
namespace {

using util::fail;
using util::Result;

Result<void> read_signature(system::System &system, const std::string &path,
                            DeviceContent &content) {
    const std::string name = kernel_name(path);
    probe::Collector collector(system);
    probe::collect_signatures(collector, {name});
    probe::FactReader facts(collector.facts());
    content.signature = probe::read_signature(facts, name);
    if (!content.signature.known)
        return fail(fmt::format("{} cannot be read", path));
    return {};
}

Result<void> read_superblocks(system::System &system, const std::string &path,
                              DeviceContent &content) {
    MDR_TRY_ASSIGN(const std::uint64_t sectors, sectors_of(system, path));
    for (const probe::SuperblockPlace &place : probe::superblock_places(sectors)) {
        MDR_TRY_ASSIGN(const std::string bytes,
                       system.read_at(path, place.sector * 512, probe::md_superblock_size));
        if (!probe::looks_like_superblock(bytes, place.version))
            continue;
        content.magic.push_back(place);
        if (auto superblock = probe::parse_superblock(bytes, place))
            content.superblocks.push_back(std::move(*superblock));
    }
    // As mdadm decides between several (guess_super).
    std::stable_sort(
        content.superblocks.begin(), content.superblocks.end(),
        [](const auto &one, const auto &other) { return one.created > other.created; });
    return {};
}

Result<void> read_filesystem(system::System &system, const std::string &path,
                             DeviceContent &content) {
    const probe::SuperblockBytes place = probe::superblock_bytes(content.signature.type);
    if (place.length == 0)
        return {};
    MDR_TRY_ASSIGN(const std::string bytes, system.read_at(path, place.offset, place.length));
    const probe::Signature &signature = content.signature;
    model::Filesystem filesystem{signature.type, signature.uuid, signature.label, {}};
    MDR_TRY(probe::describe_filesystem(bytes, filesystem));
    content.filesystem = std::move(filesystem);
    return {};
}

std::string block_attribute(system::System &system, const std::string &name,
                            const char *attribute) {
    const auto text = system.read_file(fmt::format("/sys/class/block/{}/{}", name, attribute));
    return text ? std::string(util::trimmed(*text)) : std::string();
}

/// The device and its partitions: below a disk's directory, partitions have directories of their
/// own.
std::vector<std::string> with_partitions(system::System &system, const std::string &name) {
    std::vector<std::string> names{name};
    if (const auto entries = system.list("/sys/class/block/" + name))
        for (const std::string &entry : *entries)
            if (entry.starts_with(name) &&
                system.exists(fmt::format("/sys/class/block/{}/{}/partition", name, entry)))
                names.push_back(entry);
    return names;
}

/// Mounted (also where mountinfo has the device's numbers only) or swapped on.
Result<bool> in_use(system::System &system, const std::string &name) {
    const std::string numbers = block_attribute(system, name, "dev");
    const std::string path = probe::device_node(name);
    MDR_TRY_ASSIGN(const std::string mountinfo, system.read_file("/proc/self/mountinfo"));
    for (const probe::MountLine &line : probe::parse_mountinfo(mountinfo))
        if (line.source == path || (!numbers.empty() && line.numbers == numbers))
            return true;
    const auto swaps = system.read_file("/proc/swaps"); // no such file where the kernel has no swap
    for (const std::string_view line :
         swaps ? util::split(*swaps, '\n') : std::vector<std::string_view>{})
        if (const auto words = util::split_words(line); !words.empty() && words[0] == path)
            return true;
    return false;
}

} // namespace

std::string kernel_name(const std::string &path) {
    constexpr std::string_view directory = "/dev/";
    std::string name = path.starts_with(directory) ? path.substr(directory.size()) : path;
    std::replace(name.begin(), name.end(), '/', '!');
    return name;
}

bool DeviceContent::empty() const {
    return signature.known && signature.type.empty() && signature.table.empty() &&
           signature.ambivalent.empty() && magic.empty();
}

Result<DeviceContent> look_at(system::System &system, const std::string &path) {
    DeviceContent content;
    MDR_TRY(read_signature(system, path, content));
    MDR_TRY(read_superblocks(system, path, content));
    if (!read_filesystem(system, path, content))
        content.filesystem.reset(); // damaged: whose it is, the signature tells
    return content;
}

Result<std::vector<probe::MdSuperblock>> superblocks_on(system::System &system,
                                                        const std::string &path) {
    DeviceContent content;
    MDR_TRY(read_superblocks(system, path, content));
    return std::move(content.superblocks);
}

std::string words(const DeviceContent &content) {
    const probe::Signature &signature = content.signature;
    if (!content.superblocks.empty())
        return "a member of array " + content.superblocks.front().array.uuid;
    if (!content.magic.empty())
        return "a damaged md superblock";
    if (!signature.ambivalent.empty())
        return "signatures of several kinds: " +
               util::printable(fmt::format("{}", fmt::join(signature.ambivalent, ", ")));
    if (signature.type.empty())
        return signature.table.empty() ? "nothing"
                                       : "a partition table: " + util::printable(signature.table);
    return util::printable(signature.label.empty()
                               ? signature.type
                               : fmt::format("{} \"{}\"", signature.type, signature.label));
}

Result<std::uint64_t> sectors_of(system::System &system, const std::string &path) {
    const auto sectors = probe::decimal(block_attribute(system, kernel_name(path), "size"));
    if (!sectors || *sectors == 0)
        return fail(fmt::format("{} is not here", path));
    return *sectors;
}

Result<void> confirm_unused(system::System &system, const std::string &path) {
    for (const std::string &name : with_partitions(system, kernel_name(path))) {
        const auto holders = system.list(fmt::format("/sys/class/block/{}/holders", name));
        if (holders && !holders->empty())
            return fail(fmt::format("{} is in use by {}", probe::device_node(name),
                                    util::printable(holders->front())));
        MDR_TRY_ASSIGN(const bool used, in_use(system, name));
        if (used)
            return fail(fmt::format("{} is mounted or swapped on", probe::device_node(name)));
    }
    return {};
}

Result<bool> mounted(system::System &system, const std::string &path) {
    return in_use(system, kernel_name(path));
}

} // namespace mdrescue::execute
