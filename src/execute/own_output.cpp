// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/own_output.h"

#include <algorithm>

namespace mdrescue::execute {
namespace {

bool is_member_of(const DeviceContent &content, const std::string &array) {
    // blkid may see the filesystem on a mirror's data as well: what a member carries is the
    // array's.
    return !content.superblocks.empty() && content.magic.size() == content.superblocks.size() &&
           std::all_of(content.superblocks.begin(), content.superblocks.end(),
                       [&](const auto &superblock) { return superblock.array.uuid == array; });
}

bool is_filesystem(const DeviceContent &content, const model::Filesystem &filesystem) {
    return content.magic.empty() && content.signature.ambivalent.empty() &&
           content.signature.type == filesystem.type && content.signature.uuid == filesystem.uuid;
}

} // namespace

bool own_output(const plan::Plan &plan, const model::DeviceRef &device,
                const DeviceContent &content) {
    for (const plan::Step &step : plan.steps) {
        if (const auto *add = std::get_if<plan::AddMember>(&step);
            add != nullptr && add->device == device && is_member_of(content, add->array))
            return true;
        if (const auto *make = std::get_if<plan::MakeFilesystem>(&step);
            make != nullptr && make->device == device && is_filesystem(content, make->filesystem))
            return true;
    }
    return false;
}

} // namespace mdrescue::execute
