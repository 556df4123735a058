// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/volume_groups.h"

#include "probe/lvm.h"

#include <algorithm>
#include <fmt/format.h>

namespace mdrescue::probe {
namespace {

std::string without_dashes(std::string uuid) {
    uuid.erase(std::remove(uuid.begin(), uuid.end(), '-'), uuid.end());
    return uuid;
}

/// Kernel names of mapped devices by their device mapper UUID; LVM's is "LVM-", the group's and the
/// volume's UUID without dashes.
std::map<std::string, std::string> mapped_devices(Observation &observation) {
    std::map<std::string, std::string> names;
    for (const BlockDevice &device : observation.devices)
        if (device.kind == BlockDevice::Kind::mapper)
            names[observation.facts.text(fmt::format("sysfs/{}/dm/uuid", device.name))] =
                device.name;
    return names;
}

} // namespace

std::vector<model::VolumeGroup> read_volume_groups(Observation &observation) {
    std::map<std::string, LvmText> newest;
    for (const std::string &device : observation.facts.children("lvm")) {
        auto text = parse_lvm_text(observation.facts.bytes("lvm/" + device));
        if (!text) {
            observation.warn(fmt::format("{}: {}", device, text.error().message));
            continue;
        }
        const auto known = newest.find(text->group.uuid);
        if (known == newest.end() || text->sequence > known->second.sequence)
            newest[text->group.uuid] = std::move(*text);
    }
    const auto mapped = mapped_devices(observation);
    std::vector<model::VolumeGroup> groups;
    for (auto &[uuid, text] : newest) {
        for (model::LogicalVolume &volume : text.group.volumes) {
            const auto device = mapped.find(
                fmt::format("LVM-{}{}", without_dashes(uuid), without_dashes(volume.uuid)));
            if (device != mapped.end())
                volume.content = observation.contents[device->second];
            else
                volume.content = {model::Content::Kind::other, "inactive", "", std::nullopt, {}};
        }
        groups.push_back(std::move(text.group));
    }
    return groups;
}

} // namespace mdrescue::probe
