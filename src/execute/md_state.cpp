// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/md_state.h"

#include "execute/device_content.h"
#include "probe/facts.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>

namespace mdrescue::execute {
namespace {

using util::fail;
using util::Result;

MdMember read_member(system::System &system, const std::string &md, const std::string &entry) {
    const auto attribute = [&](const char *name) {
        return md_attribute(system, md, fmt::format("{}/{}", entry, name));
    };
    const std::string state = attribute("state");
    const auto words = util::split(state, ',');
    const auto says = [&](std::string_view word) {
        return std::find(words.begin(), words.end(), word) != words.end();
    };
    return {entry.substr(std::string_view("dev-").size()), probe::decimal(attribute("slot")),
            says("in_sync"), says("faulty"), attribute("bad_blocks")};
}

} // namespace

std::string md_attribute(system::System &system, const std::string &md, const std::string &name) {
    const auto text = system.read_file(fmt::format("/sys/block/{}/md/{}", md, name));
    return text ? std::string(util::trimmed(*text)) : std::string();
}

std::optional<std::uint64_t> md_number(system::System &system, const std::string &md,
                                       const std::string &name) {
    return probe::decimal(md_attribute(system, md, name));
}

std::vector<MdMember> md_members(system::System &system, const std::string &md) {
    std::vector<MdMember> members;
    if (const auto entries = system.list(fmt::format("/sys/block/{}/md", md)))
        for (const std::string &entry : *entries)
            if (entry.starts_with("dev-"))
                members.push_back(read_member(system, md, entry));
    return members;
}

Result<std::string> confirm_array(Context &context, const std::string &uuid) {
    MDR_TRY_ASSIGN(std::string path, context.array(uuid));
    for (const MdMember &member : md_members(context.system, kernel_name(path))) {
        const auto superblocks = superblocks_on(context.system, probe::device_node(member.device));
        if (member.in_sync && superblocks && !superblocks->empty())
            return superblocks->front().array.uuid == uuid
                       ? Result<std::string>(path)
                       : fail(fmt::format("{} is another array now", path),
                              "Nothing more was written. Start the recovery again.");
    }
    return fail(fmt::format("{} does not run any more", path));
}

} // namespace mdrescue::execute
