// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/mounting.h"

#include "execute/content_device.h"
#include "execute/volume_groups.h"
#include "probe/mounts.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>

namespace mdrescue::execute {
namespace {

using util::fail;
using util::Result;

std::vector<probe::MountLine> mounts(system::System &system) {
    return probe::parse_mountinfo(system.read_file("/proc/self/mountinfo").value_or(""));
}

bool holds(const model::Content &content, const std::string &uuid) {
    return content.filesystem && content.filesystem->uuid == uuid;
}

Result<std::string> on_volume(Context &context, const std::string &uuid) {
    for (const model::VolumeGroup &group : context.profile.machine.volume_groups)
        for (const model::LogicalVolume &volume : group.volumes)
            if (holds(volume.content, uuid))
                return activate(context, group, volume);
    return std::string();
}

Result<std::string> on_device(Context &context, const std::string &uuid) {
    return device_with(context,
                       [&](const model::Content &content) { return holds(content, uuid); });
}

} // namespace

const model::MountPoint *recorded_mount(const model::Profile &profile, const std::string &target) {
    const auto &all = profile.machine.mounts;
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const auto &mount) { return mount.target == target; });
    return found == all.end() ? nullptr : &*found;
}

Result<std::string> filesystem_device(Context &context, const model::MountPoint &mount) {
    if (!mount.uuid.empty())
        for (const auto find : {on_device, on_volume}) {
            MDR_TRY_ASSIGN(const std::string device, find(context, mount.uuid));
            if (!device.empty())
                return device;
        }
    // Inside LUKS: what unlocked it has given it the recorded name.
    if (mount.source.starts_with("/dev/mapper/") && context.system.exists(mount.source))
        return mount.source;
    return fail(fmt::format("the filesystem of {} ({}) is not here, or it is locked",
                            util::printable(mount.target), util::printable(mount.source)));
}

std::string options_without_replay(const std::string &type) {
    if (type == "ext3" || type == "ext4")
        return "noload";
    if (type == "xfs")
        return "norecovery";
    return type == "btrfs" ? "rescue=nologreplay" : "";
}

std::string subvolume_option(const model::MountPoint &mount) {
    for (const std::string_view option : util::split(mount.options, ','))
        if (mount.type == "btrfs" && option.starts_with("subvol="))
            return std::string(option);
    return "";
}

std::string mounted_at(system::System &system, const std::string &device) {
    const std::string name = device.substr(device.rfind('/') + 1);
    const std::string dev = system.read_file("/sys/class/block/" + name + "/dev").value_or("");
    for (const probe::MountLine &mount : mounts(system))
        if (mount.root == "/" && (mount.source == device || mount.numbers == util::trimmed(dev)))
            return mount.target;
    return "";
}

Result<void> keeping_attributes(system::System &system, const std::string &directory,
                                const std::function<Result<void>()> &change) {
    MDR_TRY_ASSIGN(const auto before, system.look(directory));
    MDR_TRY(change());
    return before ? system.set_attributes(directory, before->attributes, false) : Result<void>{};
}

Result<void> unmount_leftovers(system::System &system, const std::string &directory) {
    auto all = mounts(system);
    std::reverse(all.begin(), all.end());
    for (const probe::MountLine &mount : all)
        if (util::at_or_below(mount.target, directory))
            MDR_TRY(system.unmount(mount.target));
    return {};
}

Result<Mounted> Mounted::open(Context &context, const Filesystem &filesystem,
                              const std::string &name, bool writable) {
    system::System &system = context.system;
    const std::string path = fmt::format("{}/mnt/{}", context.places.scratch, name);
    MDR_TRY(unmount_leftovers(system, path));
    const std::string already = mounted_at(system, filesystem.device);
    if (!already.empty())
        return Mounted(system, already, false);
    std::string options = filesystem.options;
    const std::string quiet = writable ? "" : options_without_replay(filesystem.type);
    if (!quiet.empty())
        options += (options.empty() ? "" : ",") + quiet;
    MDR_TRY(system.make_directory(path));
    MDR_TRY(system.mount({filesystem.device, path, filesystem.type, !writable, options}));
    return Mounted(system, path, true);
}

Mounted::~Mounted() {
    // After an error; what mattered went through close().
    if (ours_)
        static_cast<void>(system_->unmount(path_));
}

Mounted::Mounted(Mounted &&other) noexcept
    : system_(other.system_), path_(std::move(other.path_)),
      ours_(std::exchange(other.ours_, false)) {}

Result<void> Mounted::close() {
    MDR_TRY(system_->sync(path_));
    return std::exchange(ours_, false) ? system_->unmount(path_) : Result<void>{};
}

} // namespace mdrescue::execute
