// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/machine_table.h"

#include "model/loss.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>

namespace mdrescue::cli {
namespace {

using model::Array;
using model::Content;
using model::Disk;
using model::Machine;
using util::printable;

class Paint {
  public:
    explicit Paint(bool colour) : colour_(colour) {}
    [[nodiscard]] std::string red(const std::string &text) const { return with("31;1", text); }
    [[nodiscard]] std::string bold(const std::string &text) const { return with("1", text); }
    [[nodiscard]] std::string dim(const std::string &text) const { return with("2", text); }

  private:
    [[nodiscard]] std::string with(const char *code, const std::string &text) const {
        return colour_ ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
    }
    bool colour_;
};

std::string array_name(const Array &array) {
    if (!array.kernel_name.empty())
        return array.kernel_name;
    return array.name.empty() ? array.uuid : array.name;
}

std::string joined(std::initializer_list<std::string> parts) {
    std::string text;
    for (const auto &part : parts)
        if (!part.empty())
            text += (text.empty() ? "" : ", ") + part;
    return text;
}

/// Where what `matches` is mounted, or "".
template <class Matches> std::string mounted_as(const Machine &machine, Matches matches) {
    std::string text;
    for (const auto &mount : machine.mounts)
        if (matches(mount))
            text = joined({text, mount.type == "swap" ? "swap" : printable(mount.target)});
    return text;
}

/// Mounts name devices as the kernel does.
std::string used_as(const Machine &machine, const std::string &device) {
    return mounted_as(machine, [&](const auto &mount) { return mount.source == device; });
}

/// " of vg0" for a physical volume, or "".
std::string group_text(const Machine &machine, const std::string &physical_volume) {
    for (const auto &group : machine.volume_groups)
        for (const auto &volume : group.physical_volumes)
            if (volume == physical_volume)
                return " of " + printable(group.name);
    return {};
}

std::string filesystem_text(const Content &content) {
    std::string text = printable(content.type);
    if (content.filesystem && !content.filesystem->label.empty())
        text += fmt::format(" \"{}\"", printable(content.filesystem->label));
    return text;
}

std::string content_text(const Machine &machine, const Content &content) {
    switch (content.kind) {
    case Content::Kind::empty: return "empty";
    case Content::Kind::filesystem: return filesystem_text(content);
    case Content::Kind::md_member: return "member of array " + printable(content.uuid);
    case Content::Kind::lvm_pv: return "LVM physical volume" + group_text(machine, content.uuid);
    case Content::Kind::luks: return "LUKS";
    case Content::Kind::partitioned: return "partition table";
    case Content::Kind::other: return printable(content.type);
    case Content::Kind::ambiguous: return "several signatures: " + printable(content.type);
    }
    return {};
}

/// What is on an array: nothing can be said of one that does not run.
std::string use_of(const Machine &machine, const Array &array) {
    return array.kernel_name.empty() ? std::string()
                                     : joined({content_text(machine, array.content),
                                               used_as(machine, "/dev/" + array.kernel_name)});
}

/// What lies on a disk or partition, and for whom: of a member, what is on its array.
std::string use_of(const Machine &machine, const Disk &disk, unsigned partition,
                   const Content &content) {
    for (const auto &array : machine.arrays)
        for (const auto &member : array.members) {
            if (array.uuid != content.uuid || member.device != model::DeviceRef{disk.id, partition})
                continue;
            const std::string role = model::role_name(member.slot);
            const std::string use = use_of(machine, array);
            return fmt::format("{} {}{}", printable(array_name(array)), role,
                               use.empty() ? "" : ": " + use);
        }
    return joined(
        {content_text(machine, content), used_as(machine, model::device_path(disk, partition))});
}

std::string loaders_text(const Disk &disk, unsigned partition) {
    std::string text;
    for (const auto &loader : disk.boot_loaders) {
        if (loader.partition != partition)
            continue;
        const bool grub = loader.kind == model::BootLoader::Kind::grub_mbr_gap ||
                          loader.kind == model::BootLoader::Kind::grub_bios_boot;
        text += (text.empty() ? "" : ", ");
        text += grub                                          ? "GRUB"
                : loader.kind == model::BootLoader::Kind::esp ? "EFI boot loaders"
                                                              : "unknown boot code";
    }
    return text;
}

/// Whether the machine itself depends on the disk.
std::string start_text(model::Start start) {
    switch (start) {
    case model::Start::no: return "the machine does not start without it";
    case model::Start::stops: return "without it the machine starts, but may stop at a prompt";
    case model::Start::yes:
    case model::Start::unknown: return {};
    }
    return {};
}

void add_disk(std::string &text, const Machine &machine, const Disk &disk, const Paint &paint) {
    text +=
        fmt::format("{}  {:>7}  {}  {}\n", paint.bold(fmt::format("{:<10}", disk.id)),
                    util::size_text(disk.size),
                    disk.serial.empty() ? "no serial" : "serial " + printable(disk.serial),
                    paint.dim(fmt::format("{} [{}]", printable(joined({disk.model, disk.position})),
                                          printable(disk.kernel_name))));
    if (disk.content.kind != Content::Kind::partitioned)
        text += fmt::format("    {:<10}  {:>7}  {}\n", "whole disk", "",
                            use_of(machine, disk, 0, disk.content));
    if (const auto loaders = loaders_text(disk, 0); !loaders.empty())
        text += fmt::format("    {:<8}  {:>7}  {}\n", "MBR", "", loaders);
    if (disk.table)
        for (const auto &partition : disk.table->partitions)
            text += fmt::format("    {:<8}  {:>7}  {}\n", fmt::format("{}", partition.number),
                                util::size_text(partition.size * disk.logical_sector),
                                joined({use_of(machine, disk, partition.number, partition.content),
                                        loaders_text(disk, partition.number)}));
    if (const auto start = start_text(model::loss_of(machine, disk).start); !start.empty())
        text += "    " + paint.red(start) + "\n";
}

std::string redundancy_text(const Array &array) {
    const int left = model::redundancy_left(array);
    if (left < 0)
        return "too many members are gone";
    return left == 0 ? "the next failure loses data" : fmt::format("{} more may fail", left);
}

void add_array(std::string &text, const Machine &machine, const Array &array, const Paint &paint) {
    const bool bad = model::degraded(array);
    const std::string map = model::slot_map(array);
    text += fmt::format(
        "{}  {:>7}  {} {}  {}\n", paint.bold(fmt::format("{:<10}", printable(array_name(array)))),
        array.size == 0 ? "" : util::size_text(array.size), model::level_name(array.level),
        bad ? paint.red(map) : map, joined({use_of(machine, array), "metadata " + array.metadata}));
    if (bad)
        text += "    " + paint.red(fmt::format("degraded: {}", redundancy_text(array))) + "\n";
    if (array.kernel_name.empty())
        text += "    " + paint.red("not running") + "\n";
}

void add_volume_group(std::string &text, const Machine &machine, const model::VolumeGroup &group,
                      const Paint &paint) {
    text += paint.bold(fmt::format("{:<10}", printable(group.name))) + "  LVM volume group\n";
    for (const auto &volume : group.volumes)
        text += fmt::format(
            "    {:<8}  {:>7}  {}\n", printable(volume.name), util::size_text(volume.size),
            joined({filesystem_text(volume.content), mounted_as(machine, [&](const auto &mount) {
                        return !mount.uuid.empty() && mount.uuid == volume.content.uuid;
                    })}));
}

} // namespace

std::string machine_table(const Machine &machine, bool colour) {
    const Paint paint(colour);
    std::string text = fmt::format("{}  {}\n", paint.bold(printable(machine.host_name)),
                                   joined({printable(machine.os), printable(machine.product)}));
    text += fmt::format("firmware {}{}, kernel {}\n\nDisks\n",
                        machine.firmware.mode == model::Firmware::Mode::uefi ? "UEFI" : "BIOS",
                        machine.firmware.secure_boot ? " with Secure Boot" : "",
                        printable(machine.kernel));
    for (const auto &disk : machine.disks)
        add_disk(text, machine, disk, paint);
    text += machine.arrays.empty() ? "\nNo md arrays\n" : "\nArrays\n";
    for (const auto &array : machine.arrays)
        add_array(text, machine, array, paint);
    for (const auto &group : machine.volume_groups)
        add_volume_group(text, machine, group, paint);
    if (!machine.warnings.empty())
        text += "\nWarnings\n";
    for (const auto &warning : machine.warnings)
        text += "  " + paint.red(printable(warning)) + "\n";
    return text;
}

} // namespace mdrescue::cli
