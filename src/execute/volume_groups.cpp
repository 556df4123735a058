// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/volume_groups.h"

#include "execute/content_device.h"
#include "util/text.h"

#include <fmt/format.h>

namespace mdrescue::execute {
namespace {

using util::fail;
using util::Result;

/// Where a physical volume is now.
Result<std::string> place_of(Context &context, const std::string &uuid) {
    MDR_TRY_ASSIGN(std::string device, device_with(context, [&](const model::Content &content) {
                       return content.kind == model::Content::Kind::lvm_pv && content.uuid == uuid;
                   }));
    if (device.empty())
        return fail(fmt::format("physical volume {} is not recorded", util::printable(uuid)));
    return device;
}

std::string doubled(const std::string &name) {
    std::string result;
    for (const char c : name)
        result += c == '-' ? "--" : std::string(1, c);
    return result;
}

/// `command` activates `what`, seen at these places alone.
Result<void> run_lvm(system::System &system, const char *command, const std::string &what,
                     const std::vector<std::string> &places) {
    std::string filter; // lvm.conf(5): the first pattern that matches decides
    for (const std::string &place : places)
        filter += fmt::format("\"a|^{}$|\",", place);
    // No udev to wait for, or none that answers: a wait for its cookie would never end.
    MDR_TRY(system::run_ok(system, {.argv = {"lvm", command, "--config",
                                             fmt::format("devices{{filter=[{}\"r|.*|\"]}}", filter),
                                             "--sysinit", "--activate", "y", "--noudevsync", what},
                                    .environment = {"DM_DISABLE_UDEV=1"}}));
    return {};
}

} // namespace

std::string mapper_name(const std::string &group, const std::string &volume) {
    return "/dev/mapper/" + doubled(group) + "-" + doubled(volume);
}

Result<void> activate_group(system::System &system, const std::string &group,
                            const std::vector<std::string> &places) {
    return run_lvm(system, "vgchange", group, places);
}

bool activate_swap(Context &context) {
    bool activated = false;
    for (const model::VolumeGroup &group : context.profile.machine.volume_groups)
        for (const model::LogicalVolume &volume : group.volumes)
            if (volume.content.type == "swap") // one that is not here, or locked, holds no answer
                activated = activate(context, group, volume).has_value() || activated;
    return activated;
}

Result<std::string> activate(Context &context, const model::VolumeGroup &group,
                             const model::LogicalVolume &volume) {
    std::string device = mapper_name(group.name, volume.name);
    if (context.system.exists(device))
        return device;
    std::vector<std::string> places;
    for (const std::string &uuid : group.physical_volumes) {
        MDR_TRY_ASSIGN(std::string place, place_of(context, uuid));
        places.push_back(std::move(place));
    }
    MDR_TRY(run_lvm(context.system, "lvchange", group.name + "/" + volume.name, places));
    if (!context.system.exists(device))
        return fail(fmt::format("volume group {} has no volume {} any more",
                                util::printable(group.name), util::printable(volume.name)));
    return device;
}

} // namespace mdrescue::execute
