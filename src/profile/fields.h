// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/machine.h"

#include <array>
#include <concepts>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

/// The one list of what machine.json holds, used for both directions: for each struct its fields,
/// under the names they have in model/machine.h. A visitor is called as visit(name, field) or
/// visit(name, field, constraint).
namespace mdrescue::profile {

/// A whole number must lie in it; bounds included.
struct Range {
    std::int64_t least;
    std::int64_t most;
};
/// Bytes that are no text: always written as {"base64": "…"}.
struct Binary {};

/// md's own bound for metadata 1.x: (4096 - 256) / 2 role numbers fit behind a superblock
/// (drivers/md/md.c).
inline constexpr Range slot_count{0, 1920};
inline constexpr Range slot_number{-3, 65535};
inline constexpr Range timestamp{0, 253402300799}; // up to the end of the year 9999

template <class T, class Struct>
concept Is = std::same_as<std::remove_const_t<T>, Struct>;

template <class Kind> using Names = std::pair<std::string_view, Kind>;

constexpr auto names_of(model::Content::Kind /*tag*/) {
    using Kind = model::Content::Kind;
    return std::array{
        Names<Kind>{"empty", Kind::empty},         Names<Kind>{"filesystem", Kind::filesystem},
        Names<Kind>{"md_member", Kind::md_member}, Names<Kind>{"lvm_pv", Kind::lvm_pv},
        Names<Kind>{"luks", Kind::luks},           Names<Kind>{"partitioned", Kind::partitioned},
        Names<Kind>{"other", Kind::other},         Names<Kind>{"ambiguous", Kind::ambiguous},
    };
}

constexpr auto names_of(model::BootLoader::Kind /*tag*/) {
    using Kind = model::BootLoader::Kind;
    return std::array{Names<Kind>{"grub_mbr_gap", Kind::grub_mbr_gap},
                      Names<Kind>{"grub_bios_boot", Kind::grub_bios_boot},
                      Names<Kind>{"esp", Kind::esp},
                      Names<Kind>{"other_mbr_code", Kind::other_mbr_code}};
}

constexpr auto names_of(model::Firmware::Mode /*tag*/) {
    using Mode = model::Firmware::Mode;
    return std::array{Names<Mode>{"bios", Mode::bios}, Names<Mode>{"uefi", Mode::uefi}};
}

template <class Visit, Is<model::DeviceRef> T> void fields(Visit &visit, T &device) {
    visit("disk", device.disk);
    visit("partition", device.partition);
}

template <class Visit, Is<model::Filesystem> T> void fields(Visit &visit, T &filesystem) {
    visit("type", filesystem.type);
    visit("uuid", filesystem.uuid);
    visit("label", filesystem.label);
    visit("parameters", filesystem.parameters);
}

template <class Visit, Is<model::Content> T> void fields(Visit &visit, T &content) {
    visit("kind", content.kind);
    visit("type", content.type);
    visit("uuid", content.uuid);
    visit("filesystem", content.filesystem);
    visit("details", content.details);
}

template <class Visit, Is<model::Partition> T> void fields(Visit &visit, T &partition) {
    visit("number", partition.number);
    visit("start", partition.start);
    visit("size", partition.size);
    visit("type", partition.type);
    visit("uuid", partition.uuid);
    visit("name", partition.name);
    visit("attributes", partition.attributes);
    visit("bootable", partition.bootable);
    visit("content", partition.content);
}

template <class Visit, Is<model::PartitionTable> T> void fields(Visit &visit, T &table) {
    visit("label", table.label);
    visit("id", table.id);
    visit("first_usable", table.first_usable);
    visit("last_usable", table.last_usable);
    visit("entry_count", table.entry_count);
    visit("partitions", table.partitions);
}

template <class Visit, Is<model::BootArea> T> void fields(Visit &visit, T &area) {
    visit("offset", area.offset);
    visit("size", area.size);
    visit("bytes", area.bytes, Binary{});
}

template <class Visit, Is<model::BootLoader> T> void fields(Visit &visit, T &loader) {
    visit("kind", loader.kind);
    visit("partition", loader.partition);
    visit("files", loader.files);
}

template <class Visit, Is<model::Disk> T> void fields(Visit &visit, T &disk) {
    visit("id", disk.id);
    visit("kernel_name", disk.kernel_name);
    visit("size", disk.size);
    visit("logical_sector", disk.logical_sector);
    visit("physical_sector", disk.physical_sector);
    visit("model", disk.model);
    visit("serial", disk.serial);
    visit("wwn", disk.wwn);
    visit("position", disk.position);
    visit("transport", disk.transport);
    visit("removable", disk.removable);
    visit("read_only", disk.read_only);
    visit("content", disk.content);
    visit("table", disk.table);
    visit("boot_areas", disk.boot_areas);
    visit("boot_loaders", disk.boot_loaders);
}

template <class Visit, Is<model::ArrayMember> T> void fields(Visit &visit, T &member) {
    visit("device", member.device);
    visit("device_uuid", member.device_uuid);
    visit("slot", member.slot, slot_number);
    visit("data_offset", member.data_offset);
    visit("data_size", member.data_size);
    visit("superblock_offset", member.superblock_offset);
    visit("events", member.events);
    visit("recovery_offset", member.recovery_offset);
    visit("array_state", member.array_state);
    visit("clean", member.clean);
    visit("bad_blocks", member.bad_blocks);
}

template <class Visit, Is<model::Array> T> void fields(Visit &visit, T &array) {
    visit("uuid", array.uuid);
    visit("name", array.name);
    visit("homehost", array.homehost);
    visit("metadata", array.metadata);
    visit("level", array.level);
    visit("layout", array.layout);
    visit("chunk", array.chunk);
    visit("slots", array.slots, slot_count);
    visit("component_size", array.component_size);
    visit("size", array.size);
    visit("preferred_minor", array.preferred_minor);
    visit("bitmap", array.bitmap);
    visit("journal", array.journal);
    visit("reshaping", array.reshaping);
    visit("kernel_name", array.kernel_name);
    visit("running_state", array.running_state);
    visit("sync_action", array.sync_action);
    visit("slots_up", array.slots_up);
    visit("members", array.members);
    visit("content", array.content);
    visit("table", array.table);
}

template <class Visit, Is<model::LogicalVolume> T> void fields(Visit &visit, T &volume) {
    visit("name", volume.name);
    visit("uuid", volume.uuid);
    visit("size", volume.size);
    visit("content", volume.content);
}

template <class Visit, Is<model::VolumeGroup> T> void fields(Visit &visit, T &group) {
    visit("name", group.name);
    visit("uuid", group.uuid);
    visit("physical_volumes", group.physical_volumes);
    visit("volumes", group.volumes);
    visit("metadata_backup", group.metadata_backup);
}

template <class Visit, Is<model::MountPoint> T> void fields(Visit &visit, T &mount) {
    visit("source", mount.source);
    visit("target", mount.target);
    visit("type", mount.type);
    visit("options", mount.options);
    visit("uuid", mount.uuid);
}

template <class Visit, Is<model::BootEntry> T> void fields(Visit &visit, T &entry) {
    visit("number", entry.number, Range{0, 0xffff});
    visit("label", entry.label);
    visit("active", entry.active);
    visit("partition_guid", entry.partition_guid);
    visit("file", entry.file);
    visit("raw", entry.raw, Binary{});
}

template <class Visit, Is<model::Firmware> T> void fields(Visit &visit, T &firmware) {
    visit("mode", firmware.mode);
    visit("secure_boot", firmware.secure_boot);
    visit("boot_order", firmware.boot_order);
    visit("boot_entries", firmware.boot_entries);
}

template <class Visit, Is<model::VerbatimFile> T> void fields(Visit &visit, T &file) {
    visit("path", file.path);
    visit("text", file.text);
}

template <class Visit, Is<model::Machine> T> void fields(Visit &visit, T &machine) {
    visit("host_name", machine.host_name);
    visit("machine_id", machine.machine_id);
    visit("product", machine.product);
    visit("os", machine.os);
    visit("architecture", machine.architecture);
    visit("kernel", machine.kernel);
    visit("command_line", machine.command_line);
    visit("firmware", machine.firmware);
    visit("disks", machine.disks);
    visit("arrays", machine.arrays);
    visit("volume_groups", machine.volume_groups);
    visit("mounts", machine.mounts);
    visit("files", machine.files);
    visit("warnings", machine.warnings);
}

/// Without `version`, which stands beside "format" in both kinds of file and is read before
/// anything else.
template <class Visit, Is<model::Profile> T> void fields(Visit &visit, T &profile) {
    visit("made_by", profile.made_by);
    visit("made_at", profile.made_at, timestamp);
    visit("image_id", profile.image_id);
    visit("image_kernel", profile.image_kernel);
    visit("degraded", profile.degraded);
    visit("machine", profile.machine);
}

} // namespace mdrescue::profile
