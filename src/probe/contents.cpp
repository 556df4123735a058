// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/contents.h"

#include "probe/filesystem.h"
#include "probe/luks.h"
#include "probe/lvm.h"
#include "probe/signatures.h"
#include "util/text.h"

#include <fmt/format.h>

namespace mdrescue::probe {
namespace {

using model::Content;
using Kind = Content::Kind;

void collect_headers(Collector &collector, const std::string &device) {
    const auto found = collector.facts().find("blkid/" + device);
    if (found == collector.facts().end())
        return;
    const Signature signature = parse_signature(found->second);
    if (signature.type == "crypto_LUKS")
        return collect_luks(collector, device);
    if (signature.type == "LVM2_member")
        return collect_lvm(collector, device);
    const SuperblockBytes place = superblock_bytes(signature.type);
    if (place.length == 0)
        return;
    if (auto bytes = collector.device_bytes(device, place.offset, place.length))
        collector.keep("fs/" + device, std::move(*bytes));
}

std::string joined(const std::vector<std::string> &words) {
    return fmt::format("{}", fmt::join(words, " "));
}

Kind kind_of(const Signature &signature) {
    if (!signature.ambivalent.empty())
        return Kind::ambiguous;
    if (signature.type == "crypto_LUKS")
        return Kind::luks;
    if (signature.type == "LVM2_member")
        return Kind::lvm_pv;
    if (signature.usage == "filesystem" || signature.type == "swap")
        return Kind::filesystem;
    if (!signature.type.empty() || !signature.known)
        return Kind::other;
    return signature.table.empty() ? Kind::empty : Kind::partitioned;
}

void read_filesystem(Observation &observation, const std::string &device,
                     const Signature &signature, Content &content) {
    content.filesystem = model::Filesystem{signature.type, signature.uuid, signature.label, {}};
    const std::string *superblock = observation.facts.find("fs/" + device);
    if (superblock == nullptr)
        return;
    if (const auto done = describe_filesystem(*superblock, *content.filesystem); !done)
        observation.warn(fmt::format("{}: {}", device, done.error().message));
}

Content read_content(Observation &observation, const std::string &device) {
    const Signature signature = read_signature(observation.facts, device);
    Content content;
    content.kind = kind_of(signature);
    content.type = content.kind == Kind::ambiguous     ? joined(signature.ambivalent)
                   : content.kind == Kind::partitioned ? signature.table
                   : signature.known                   ? signature.type
                                                       : "unreadable";
    content.uuid = signature.uuid;
    if (content.kind == Kind::filesystem)
        read_filesystem(observation, device, signature, content);
    if (content.kind == Kind::luks)
        if (const auto done = read_luks(observation.facts, device, content); !done)
            observation.warn(fmt::format("{}: {}", device, done.error().message));
    return content;
}

/// The superblock says what the device is; what else blkid saw there is worth a warning.
Content member_content(Observation &observation, const std::string &device,
                       const MdSuperblock &superblock, const Content &seen) {
    if (seen.kind != Kind::empty && seen.type != "linux_raid_member" &&
        seen.kind != Kind::partitioned && seen.type != "unreadable")
        observation.warn(fmt::format("{}: carries an md superblock and {} as well", device,
                                     util::printable(seen.type)));
    Content content;
    content.kind = Kind::md_member;
    content.type = "linux_raid_member";
    content.uuid = superblock.array.uuid;
    return content;
}

} // namespace

void collect_contents(Collector &collector, const std::vector<BlockDevice> &devices) {
    const auto names = names_of(devices);
    collect_signatures(collector, names);
    for (const std::string &name : names)
        collect_headers(collector, name);
}

void read_contents(Observation &observation) {
    for (const std::string &name : names_of(observation.devices)) {
        Content content = read_content(observation, name);
        const auto superblock = observation.superblocks.find(name);
        if (superblock != observation.superblocks.end())
            content = member_content(observation, name, superblock->second, content);
        else if (content.type == "linux_raid_member")
            observation.warn(fmt::format(
                "{}: blkid sees an md member, but it has no superblock that we understand", name));
        observation.contents[name] = std::move(content);
    }
}

} // namespace mdrescue::probe
