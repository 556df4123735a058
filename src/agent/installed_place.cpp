// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/installed_place.h"

#include "execute/named_devices.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>
#include <sys/stat.h>
#include <vector>

namespace mdrescue::agent {
namespace {

using model::Content;
using model::Machine;
using util::printable;
using util::Result;

const model::MountPoint *recorded_mount(const Machine &recorded, const std::string &target) {
    const auto found =
        std::find_if(recorded.mounts.begin(), recorded.mounts.end(),
                     [&](const model::MountPoint &mount) { return mount.target == target; });
    return found == recorded.mounts.end() || found->uuid.empty() ? nullptr : &*found;
}

/// Which part of a btrfs it is (btrfs(5), "subvol="); nothing else is needed to find it.
std::string options_of(const model::MountPoint &mount) {
    for (const std::string_view option : util::split(mount.options, ','))
        if (mount.type == "btrfs" && option.starts_with("subvol="))
            return std::string(option);
    return {};
}

/// A volume's /dev/GROUP/NAME is a link that udev makes.
std::string device_node(const execute::NamedDevice &device) {
    const auto mapped =
        std::find_if(device.paths.begin(), device.paths.end(),
                     [](const std::string &path) { return path.starts_with("/dev/mapper/"); });
    return mapped == device.paths.end() ? device.paths.front() : *mapped;
}

struct VolumeName {
    std::string group;
    std::string volume;
};

/// The recorded volume with that filesystem, where its group is here.
std::optional<VolumeName> volume_of(const Machine &recorded, const Machine &observed,
                                    const std::string &filesystem) {
    for (const model::VolumeGroup &group : recorded.volume_groups)
        for (const model::LogicalVolume &volume : group.volumes)
            if (volume.content.uuid == filesystem)
                for (const model::VolumeGroup &here : observed.volume_groups)
                    if (here.uuid == group.uuid)
                        return VolumeName{here.name, volume.name};
    return std::nullopt;
}

/// That one volume alone: the installed system activates the others with its own udev. Without udev
/// the device mapper has to make the node itself.
Result<void> activate(system::System &system, const VolumeName &name) {
    MDR_TRY(system::run_ok(system, {.argv = {"lvm", "lvchange", "--activate", "y", "--yes",
                                             fmt::format("{}/{}", name.group, name.volume)},
                                    .environment = {"DM_DISABLE_UDEV=1"}}));
    return {};
}

std::vector<std::string> components_backwards(const std::string &path) {
    std::vector<std::string> parts;
    for (const std::string_view part : util::split(path, '/'))
        if (!part.empty() && part != ".")
            parts.emplace_back(part);
    std::reverse(parts.begin(), parts.end());
    return parts;
}

} // namespace

std::optional<RootPlace> mounted_place(const Machine &recorded, const Machine &observed,
                                       const std::string &target) {
    const model::MountPoint *mount = recorded_mount(recorded, target);
    if (mount == nullptr)
        return std::nullopt;
    for (const execute::NamedDevice &device : execute::named_devices(observed))
        if (device.content->kind == Content::Kind::filesystem &&
            device.content->uuid == mount->uuid)
            return RootPlace{device_node(device), device.content->type, options_of(*mount)};
    return std::nullopt;
}

Result<RootPlace> find_root(system::System &system, const Machine &recorded, Machine &observed,
                            const InstalledObserve &observe) {
    const model::MountPoint *mount = recorded_mount(recorded, "/");
    if (mount == nullptr)
        return util::fail("the profile does not say which filesystem is the root");
    if (const auto volume = volume_of(recorded, observed, mount->uuid);
        volume && !mounted_place(recorded, observed, "/")) {
        MDR_TRY(activate(system, *volume));
        MDR_TRY_ASSIGN(observed, observe());
    }
    if (auto place = mounted_place(recorded, observed, "/"))
        return std::move(*place);
    return util::fail(fmt::format("the root filesystem (UUID {}, recorded on {}) is not here",
                                  printable(mount->uuid), printable(mount->source)),
                      "Look at its array in the overview.");
}

bool can_be_executed(system::System &system, const std::string &root, const std::string &path) {
    constexpr unsigned most_links = 40; // as the kernel's own limit (path_resolution(7))
    std::vector<std::string> rest = components_backwards(path);
    std::string at = root;
    system::FileInfo last;
    for (unsigned links = 0; !rest.empty() && links <= most_links;) {
        const std::string name = std::move(rest.back());
        rest.pop_back();
        if (name == "..") {
            at = at == root ? root : at.substr(0, at.rfind('/'));
            continue;
        }
        const auto found = system.look(at + "/" + name);
        if (!found || !*found)
            return false;
        last = **found;
        if (!S_ISLNK(last.type)) {
            at += "/" + name;
            continue;
        }
        const auto target = system.read_link(at + "/" + name);
        if (!target)
            return false;
        ++links;
        at = target->starts_with('/') ? root : at;
        const auto more = components_backwards(*target);
        rest.insert(rest.end(), more.begin(), more.end());
    }
    return rest.empty() && S_ISREG(last.type) && (last.attributes.mode & 0111U) != 0;
}

} // namespace mdrescue::agent
