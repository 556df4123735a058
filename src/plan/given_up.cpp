// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/given_up.h"

#include "diagnose/findings.h"
#include "model/loss.h"
#include "plan/filesystems.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>

namespace mdrescue::plan {
namespace {

using model::Content;
using model::DeviceRef;
using model::Machine;

/// "" for what comes back, or is nothing.
std::string what_is_given_up(const DeviceRef &device, const Content &content) {
    if (content.kind != Content::Kind::filesystem)
        return diagnose::volume_words(content);
    if (device.partition != 0 && content.filesystem && can_make(*content.filesystem))
        return "";
    if (content.type == "swap")
        return "swap space";
    return fmt::format(
        "a filesystem ({})",
        util::printable(content.filesystem ? content.filesystem->type : content.type));
}

/// Where containers of LUKS, or other volumes of the group, are on arrays, too, it is taken to lie
/// there: whether it is whole without this is seen when it is mounted.
bool lies_behind(const Machine &machine, const DeviceRef &device, const Content &content,
                 const model::MountPoint &mount) {
    if (content.kind == Content::Kind::filesystem)
        return !content.uuid.empty() && mount.uuid == content.uuid;
    const model::Place place = model::locate(machine, mount);
    return place.arrays.empty() &&
           std::find(place.parts.begin(), place.parts.end(), device) != place.parts.end();
}

/// A part of the installed system.
std::string needed_from(const Machine &machine, const DeviceRef &device, const Content &content) {
    for (const model::MountPoint &mount : machine.mounts)
        if (model::is_of_system(mount.target) && lies_behind(machine, device, content, mount))
            return util::printable(mount.target);
    return "";
}

} // namespace

std::vector<GivenUp> given_up(const Machine &machine, const model::Disk &disk) {
    std::vector<GivenUp> found;
    const auto look = [&](const DeviceRef &device, const Content &content) {
        if (std::string what = what_is_given_up(device, content); !what.empty())
            found.push_back({device, std::move(what), needed_from(machine, device, content)});
    };
    if (!disk.table)
        look({disk.id, 0}, disk.content);
    else
        for (const model::Partition &partition : disk.table->partitions)
            look({disk.id, partition.number}, partition.content);
    return found;
}

} // namespace mdrescue::plan
