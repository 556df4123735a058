// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/block_devices.h"

#include "probe/position.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fmt/format.h>

namespace mdrescue::probe {
namespace {

using Kind = BlockDevice::Kind;

constexpr std::uint64_t largest_sector = 1U << 20U;

Kind kind_of(std::string_view name) {
    if (name.starts_with("dm-"))
        return Kind::mapper;
    return name.starts_with("md") ? Kind::array : Kind::disk;
}

/// Never a disk of the machine. eMMC's boot and RPMB areas are no disks for users (mmcblk0boot0).
bool left_out(std::string_view name) {
    constexpr std::array<std::string_view, 7> names{"loop", "ram", "zram",    "sr",
                                                    "fd",   "nbd", "mtdblock"};
    const auto begins = [&](std::string_view start) {
        return name.starts_with(start) && name.size() > start.size() &&
               std::isdigit(static_cast<unsigned char>(name[start.size()])) != 0;
    };
    return std::any_of(names.begin(), names.end(), begins) ||
           (name.starts_with("mmcblk") &&
            (name.find("boot") != std::string_view::npos || name.ends_with("rpmb") ||
             name.find("gp") != std::string_view::npos));
}

std::string without_links(std::string path) {
    while (path.starts_with("../"))
        path.erase(0, 3);
    return "/sys/" + path;
}

void collect_position(Collector &collector, const std::string &fact, const std::string &path) {
    const PathParts parts = path_parts(path);
    if (!parts.host_directory.empty()) {
        std::string hosts;
        for (const std::string &name : collector.list(parts.host_directory))
            if (name.starts_with("host"))
                hosts += name + "\n";
        collector.keep(fact + "hosts", hosts);
    }
    if (!parts.ata.empty())
        collector.keep_if_readable(fact + "ata_port",
                                   fmt::format("/sys/class/ata_port/{}/port_no", parts.ata));
    if (!parts.usb_device.empty())
        collector.keep_if_readable(fact + "usb_serial", parts.usb_device + "/serial");
    if (!parts.end_device.empty()) {
        const std::string device = "/sys/class/sas_device/" + parts.end_device;
        collector.keep_if_readable(fact + "sas_address", device + "/sas_address");
        collector.keep_if_readable(fact + "sas_phy", device + "/phy_identifier");
        collector.keep_if_readable(fact + "sas_port_phys",
                                   fmt::format("/sys/class/sas_port/{}/num_phys", parts.sas_port));
        if (!parts.expander.empty())
            collector.keep_if_readable(
                fact + "sas_expander",
                fmt::format("/sys/class/sas_device/{}/sas_address", parts.expander));
    }
}

void collect_disk(Collector &collector, const std::string &name) {
    constexpr std::array<const char *, 10> attributes{"queue/physical_block_size",
                                                      "removable",
                                                      "ro",
                                                      "serial",
                                                      "wwid",
                                                      "nsid",
                                                      "device/model",
                                                      "device/serial",
                                                      "device/vpd_pg80",
                                                      "device/wwid"};
    const std::string fact = fmt::format("sysfs/{}/", name);
    const std::string directory = fmt::format("/sys/block/{}/", name);
    for (const char *attribute : attributes)
        collector.keep_if_readable(fact + attribute, directory + attribute);
    if (const auto link = collector.system().read_link("/sys/block/" + name)) {
        const std::string path = without_links(*link);
        collector.keep(fact + "path", path);
        collect_position(collector, fact, path);
    }
    const std::string numbers = collector.attribute(directory + "dev");
    collector.keep_if_readable("udev/" + name, "/run/udev/data/b" + numbers);
}

void collect_array(Collector &collector, const std::string &name) {
    const std::string fact = fmt::format("sysfs/{}/md/", name);
    const std::string directory = fmt::format("/sys/block/{}/md/", name);
    for (const char *attribute : {"array_state", "sync_action", "metadata_version"})
        collector.keep_if_readable(fact + attribute, directory + attribute);
    for (const std::string &entry : collector.list(directory))
        if (entry.starts_with("dev-"))
            for (const char *attribute : {"state", "slot", "bad_blocks"})
                collector.keep_if_readable(fmt::format("{}{}/{}", fact, entry, attribute),
                                           fmt::format("{}{}/{}", directory, entry, attribute));
}

void collect_partitions(Collector &collector, const std::string &name) {
    for (const std::string &entry : collector.list("/sys/block/" + name)) {
        const std::string directory = fmt::format("/sys/block/{}/{}/", name, entry);
        if (!entry.starts_with(name) || !collector.system().exists(directory + "partition"))
            continue;
        for (const char *attribute : {"partition", "start", "size", "dev"})
            collector.keep_if_readable(fmt::format("sysfs/{}/{}/{}", name, entry, attribute),
                                       directory + attribute);
    }
}

bool worth_looking(Collector &collector, const std::string &name) {
    const std::string directory = fmt::format("/sys/block/{}/", name);
    if (left_out(name) || collector.attribute(directory + "hidden") == "1")
        return false;
    if (kind_of(name) == Kind::array) {
        const std::string state = collector.attribute(directory + "md/array_state");
        return !state.empty() && state != "clear";
    }
    return collector.attribute(directory + "size") != "0";
}

KernelPartition read_partition(FactReader &facts, const std::string &device,
                               const std::string &name) {
    const std::string fact = fmt::format("sysfs/{}/{}/", device, name);
    return {name, static_cast<unsigned>(facts.number(fact + "partition").value_or(0) & 0xffffU),
            facts.number(fact + "start").value_or(0), facts.number(fact + "size").value_or(0),
            facts.text(fact + "dev")};
}

} // namespace

void collect_block_devices(Collector &collector) {
    for (const std::string &name : collector.list("/sys/block")) {
        if (!worth_looking(collector, name))
            continue;
        for (const char *attribute : {"size", "dev", "queue/logical_block_size"})
            collector.keep_if_readable(fmt::format("sysfs/{}/{}", name, attribute),
                                       fmt::format("/sys/block/{}/{}", name, attribute));
        switch (kind_of(name)) {
        case Kind::disk: collect_disk(collector, name); break;
        case Kind::array: collect_array(collector, name); break;
        case Kind::mapper:
            for (const char *attribute : {"dm/name", "dm/uuid"})
                collector.keep_if_readable(fmt::format("sysfs/{}/{}", name, attribute),
                                           fmt::format("/sys/block/{}/{}", name, attribute));
            break;
        }
        collect_partitions(collector, name);
    }
}

std::vector<BlockDevice> read_block_devices(FactReader &facts) {
    std::vector<BlockDevice> devices;
    for (const std::string &name : facts.children("sysfs")) {
        BlockDevice device;
        device.kind = kind_of(name);
        device.name = name;
        device.size = facts.number(fmt::format("sysfs/{}/size", name)).value_or(0);
        device.numbers = facts.text(fmt::format("sysfs/{}/dev", name));
        const auto sector =
            facts.number(fmt::format("sysfs/{}/queue/logical_block_size", name)).value_or(512);
        if (sector >= 512 && sector <= largest_sector && sector % 512 == 0)
            device.sector = static_cast<std::uint32_t>(sector);
        for (const std::string &child : facts.children("sysfs/" + name))
            if (facts.has(fmt::format("sysfs/{}/{}/partition", name, child)))
                device.partitions.push_back(read_partition(facts, name, child));
        std::sort(device.partitions.begin(), device.partitions.end(),
                  [](const auto &left, const auto &right) { return left.number < right.number; });
        devices.push_back(std::move(device));
    }
    return devices;
}

std::vector<std::string> names_of(const std::vector<BlockDevice> &devices) {
    std::vector<std::string> names;
    for (const BlockDevice &device : devices) {
        names.push_back(device.name);
        for (const KernelPartition &partition : device.partitions)
            names.push_back(partition.name);
    }
    return names;
}

} // namespace mdrescue::probe
