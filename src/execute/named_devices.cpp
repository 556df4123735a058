// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/named_devices.h"

#include "execute/volume_groups.h"
#include "util/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <utility>

namespace mdrescue::execute {
namespace {

using model::Content;
using Source = etc::FstabEntry::Source;

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return text;
}

/// A partition of an MBR table has no GUID; its PARTUUID is made of the disk's id and its number
/// (blkid(8), "PARTUUID").
std::string part_uuid(const model::PartitionTable &table, const model::Partition &partition) {
    if (!partition.uuid.empty())
        return lower(partition.uuid);
    const std::string id = table.id.starts_with("0x") ? table.id.substr(2) : table.id;
    return lower(fmt::format("{}-{:02x}", id, partition.number));
}

void add_disk(std::vector<NamedDevice> &devices, const model::Disk &disk) {
    const auto add = [&](const Content &content, unsigned number) -> NamedDevice & {
        NamedDevice device{{model::device_path(disk, number)}, &content};
        if (!disk.position.empty())
            device.paths.push_back(fmt::format("/dev/disk/by-path/{}", disk.position) +
                                   (number == 0 ? "" : fmt::format("-part{}", number)));
        device.name_moves = true;
        device.disk = &disk;
        device.partition = number;
        return devices.emplace_back(std::move(device));
    };
    add(disk.content, 0);
    if (!disk.table)
        return;
    for (const model::Partition &partition : disk.table->partitions) {
        NamedDevice &device = add(partition.content, partition.number);
        device.part_uuid = part_uuid(*disk.table, partition);
        device.part_label = partition.name;
    }
}

/// Paths of a running array: the kernel's, and those udev makes (63-md-raid-arrays.rules).
std::vector<std::string> array_paths(const model::Array &array) {
    std::vector<std::string> paths{"/dev/" + array.kernel_name,
                                   "/dev/disk/by-id/md-uuid-" + array.uuid};
    for (const std::string &name : {array.name, array.homehost + ":" + array.name})
        if (!array.name.empty()) {
            paths.push_back("/dev/md/" + name);
            paths.push_back("/dev/disk/by-id/md-name-" + name);
        }
    return paths;
}

void add_array(std::vector<NamedDevice> &devices, const model::Array &array) {
    if (array.kernel_name.empty())
        return;
    NamedDevice whole{array_paths(array), &array.content};
    whole.place.arrays = {array.uuid};
    devices.push_back(std::move(whole));
    if (!array.table)
        return;
    for (const model::Partition &partition : array.table->partitions) {
        NamedDevice device{
            {}, &partition.content, part_uuid(*array.table, partition), partition.name};
        device.place.arrays = {array.uuid};
        for (const std::string &path : array_paths(array))
            for (const char *joint : {"p", "", "-part"})
                device.paths.push_back(fmt::format("{}{}{}", path, joint, partition.number));
        devices.push_back(std::move(device));
    }
}

void add_group(std::vector<NamedDevice> &devices, const model::Machine &machine,
               const model::VolumeGroup &group) {
    const bool complete = std::all_of(
        group.physical_volumes.begin(), group.physical_volumes.end(), [&](const std::string &uuid) {
            return std::any_of(devices.begin(), devices.end(), [&](const NamedDevice &device) {
                return device.content->kind == Content::Kind::lvm_pv &&
                       device.content->uuid == uuid;
            });
        });
    if (!complete)
        return;
    for (const model::LogicalVolume &volume : group.volumes) {
        const std::string mapped = mapper_name(group.name, volume.name);
        NamedDevice device{
            {fmt::format("/dev/{}/{}", group.name, volume.name), mapped,
             "/dev/disk/by-id/dm-name-" + mapped.substr(std::string_view("/dev/mapper/").size())},
            &volume.content};
        device.volume = volume.uuid;
        device.place = model::locate(machine, group);
        devices.push_back(std::move(device));
    }
}

/// udev writes what a link's name cannot have as \xNN.
std::string decoded_link_name(std::string_view name) {
    constexpr std::size_t length = 4;
    std::string result;
    while (!name.empty()) {
        unsigned char value = 0;
        const bool escaped =
            name.size() >= length && name.starts_with("\\x") &&
            std::from_chars(name.data() + 2, name.data() + length, value, 16).ptr ==
                name.data() + length;
        result += escaped ? static_cast<char>(value) : name.front();
        name.remove_prefix(escaped ? length : 1);
    }
    return result;
}

constexpr std::array<std::pair<std::string_view, Source>, 4> link_directories{
    {{"/dev/disk/by-uuid/", Source::uuid},
     {"/dev/disk/by-label/", Source::label},
     {"/dev/disk/by-partuuid/", Source::partuuid},
     {"/dev/disk/by-partlabel/", Source::partlabel}}};

} // namespace

std::vector<NamedDevice> named_devices(const model::Machine &machine) {
    std::vector<NamedDevice> devices;
    for (const model::Disk &disk : machine.disks)
        add_disk(devices, disk);
    for (const model::Array &array : machine.arrays)
        add_array(devices, array);
    for (const model::VolumeGroup &group : machine.volume_groups)
        add_group(devices, machine, group);
    return devices;
}

bool same_tag(const std::string &one, const std::string &other) {
    return lower(one) == lower(other);
}

bool carries(const NamedDevice &device, Source kind, const std::string &value) {
    const Content &content = *device.content;
    const bool named = content.kind == Content::Kind::filesystem ||
                       content.kind == Content::Kind::luks || content.kind == Content::Kind::other;
    switch (kind) {
    case Source::uuid: return named && same_tag(content.uuid, value);
    case Source::label:
        return named &&
               ((content.filesystem && content.filesystem->label == value) ||
                (content.details.contains("label") && content.details.at("label") == value));
    case Source::partuuid: return !device.part_uuid.empty() && device.part_uuid == lower(value);
    case Source::partlabel: return !device.part_label.empty() && device.part_label == value;
    case Source::device:
    case Source::other: return false;
    }
    return false;
}

SourceName simplified(Source kind, const std::string &value) {
    for (const auto &[directory, tag] : link_directories)
        if (kind == Source::device && value.starts_with(directory))
            return {tag, decoded_link_name(value.substr(directory.size()))};
    return {kind, value};
}

bool is_named(const NamedDevice &device, Source kind, const std::string &value) {
    const SourceName name = simplified(kind, value);
    const std::string_view path = name.value;
    return carries(device, name.kind, name.value) ||
           std::find(device.paths.begin(), device.paths.end(), path) != device.paths.end() ||
           (path.starts_with(by_id_directory) &&
            named_by_id(device, path.substr(by_id_directory.size())));
}

bool named_by_id(const NamedDevice &device, std::string_view name) {
    if (device.disk == nullptr)
        return false;
    std::string_view whole = name;
    const auto part = name.rfind("-part");
    const std::string number = part == name.npos ? "" : std::string(name.substr(part + 5));
    if (!number.empty() && number.find_first_not_of("0123456789") == std::string::npos)
        whole = name.substr(0, part);
    if ((whole == name ? "0" : number) != std::to_string(device.partition))
        return false;
    std::string serial(util::trimmed(device.disk->serial));
    std::replace(serial.begin(), serial.end(), ' ', '_');
    const std::string &id = device.disk->wwn;
    const std::string wwn = id.starts_with("0x") ? id.substr(2) : id;
    constexpr std::size_t telling = 4; // characters; a shorter one is in many names by chance
    return (serial.size() >= telling && whole.find(serial) != whole.npos) ||
           (wwn.size() >= telling && whole.find(wwn) != whole.npos);
}

} // namespace mdrescue::execute
