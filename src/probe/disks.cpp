// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/disks.h"

#include "etc/lines.h"
#include "probe/position.h"
#include "util/bytes.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <tuple>

namespace mdrescue::probe {
namespace {

using model::Disk;

using Properties = std::map<std::string, std::string>;

/// The E: lines of udev's database; spaces in values are kept there.
Properties udev_properties(const std::string &record) {
    Properties properties;
    for (const std::string &line : etc::split_lines(record)) {
        const auto equals = line.find('=');
        if (line.starts_with("E:") && equals != std::string::npos)
            properties[line.substr(2, equals - 2)] = line.substr(equals + 1);
    }
    return properties;
}

/// "Unit serial number" page of SCSI's vital product data (SPC-4, 7.8.15): page code in byte 1,
/// length in bytes 2 and 3.
std::string serial_of_page(const std::string &page) {
    if (page.size() < 4 || static_cast<unsigned char>(page[1]) != 0x80)
        return {};
    const std::string_view serial =
        std::string_view(page).substr(4, util::big_endian<std::uint16_t>(page, 2));
    const auto end = serial.find_last_not_of(std::string_view("\0 ", 2));
    return end == std::string_view::npos ? std::string()
                                         : std::string(util::trimmed(serial.substr(0, end + 1)));
}

/// sysfs spells SCSI names "naa.5000…" where people and udev write 0x5000…; names made of vendor
/// and serial (t10., nvme.) are no WWN.
std::string wwn_of(const std::string &id) {
    if (id.starts_with("naa."))
        return "0x" + id.substr(4);
    return id.starts_with("eui.") || id.starts_with("uuid.") ? id : std::string();
}

std::string first_of(std::initializer_list<std::string> values) {
    for (const std::string &value : values)
        if (!value.empty())
            return value;
    return {};
}

PositionHints read_hints(FactReader &facts, const std::string &fact) {
    return {facts.text(fact + "path"),          etc::split_lines(facts.text(fact + "hosts")),
            facts.text(fact + "ata_port"),      facts.text(fact + "nsid"),
            facts.text(fact + "sas_address"),   facts.text(fact + "sas_phy"),
            facts.text(fact + "sas_port_phys"), facts.text(fact + "sas_expander")};
}

void set_identity(FactReader &facts, const BlockDevice &device, Properties &udev, Disk &disk) {
    const std::string fact = fmt::format("sysfs/{}/", device.name);
    const PositionHints hints = read_hints(facts, fact);
    disk.position = first_of({position_of(hints), udev["ID_PATH"]});
    disk.transport = transport_of(hints.path);
    disk.model = facts.text(fact + "device/model");
    disk.serial = first_of({facts.text(fact + "serial"),
                            serial_of_page(facts.bytes(fact + "device/vpd_pg80")),
                            facts.text(fact + "device/serial"), facts.text(fact + "usb_serial"),
                            udev["ID_SCSI_SERIAL"], udev["ID_SERIAL_SHORT"]});
    disk.wwn = first_of({wwn_of(facts.text(fact + "device/wwid")),
                         wwn_of(facts.text(fact + "wwid")), udev["ID_WWN"]});
}

Disk read_disk(Observation &observation, const BlockDevice &device) {
    FactReader &facts = observation.facts;
    const std::string fact = fmt::format("sysfs/{}/", device.name);
    Disk disk;
    disk.kernel_name = device.name;
    disk.size = device.size * 512;
    disk.logical_sector = device.sector;
    disk.physical_sector = static_cast<std::uint32_t>(
        facts.number(fact + "queue/physical_block_size").value_or(512) & 0xffffffU);
    disk.removable = facts.text(fact + "removable") == "1";
    disk.read_only = facts.text(fact + "ro") == "1";
    auto udev = udev_properties(facts.bytes("udev/" + device.name));
    set_identity(facts, device, udev, disk);
    // One of several paths to a disk: the udev rules of multipath-tools mark it
    // (60-multipath.rules), and give it this type.
    disk.content = udev["DM_MULTIPATH_DEVICE_PATH"] == "1"
                       ? model::Content{model::Content::Kind::other, "mpath_member", "", {}, {}}
                       : observation.contents[device.name];
    // The table seen on a whole-disk member whose data begin at 0 is that of the array.
    if (disk.content.kind != model::Content::Kind::md_member &&
        observation.tables.contains(device.name))
        disk.table = table_with_contents(observation, device);
    return disk;
}

/// sda, sdb, …, sdz, sdaa
std::tuple<std::size_t, std::string_view> name_order(const std::string &name) {
    return {name.size(), name};
}

bool disk_before(const Disk &left, const Disk &right) {
    if (left.position != right.position)
        return position_before(left.position, right.position);
    if (left.serial != right.serial)
        return left.serial < right.serial;
    return name_order(left.kernel_name) < name_order(right.kernel_name);
}

void add_references(Observation &observation, const BlockDevice &device, const std::string &id) {
    observation.references[device.name] = {id, 0};
    for (const KernelPartition &partition : device.partitions)
        observation.references[partition.name] = {id, partition.number};
}

} // namespace

model::PartitionTable table_with_contents(Observation &observation, const BlockDevice &device) {
    model::PartitionTable table = observation.tables[device.name];
    for (model::Partition &partition : table.partitions) {
        const auto known =
            std::find_if(device.partitions.begin(), device.partitions.end(),
                         [&](const auto &kernel) { return kernel.number == partition.number; });
        if (known != device.partitions.end()) {
            partition.content = observation.contents[known->name];
        } else {
            partition.content.kind = model::Content::Kind::other;
            partition.content.type = "unreadable";
        }
    }
    return table;
}

std::vector<Disk> read_disks(Observation &observation) {
    std::vector<Disk> disks;
    for (const BlockDevice &device : observation.devices)
        if (device.kind == BlockDevice::Kind::disk)
            disks.push_back(read_disk(observation, device));
    std::sort(disks.begin(), disks.end(), disk_before);
    for (std::size_t i = 0; i < disks.size(); ++i) {
        disks[i].id = fmt::format("disk{}", i + 1);
        const auto device = std::find_if(
            observation.devices.begin(), observation.devices.end(),
            [&](const auto &candidate) { return candidate.name == disks[i].kernel_name; });
        add_references(observation, *device, disks[i].id);
    }
    return disks;
}

} // namespace mdrescue::probe
