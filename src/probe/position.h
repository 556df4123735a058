// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace mdrescue::probe {

/// What sysfs tells about where a disk is plugged in.
struct PositionHints {
    std::string path; ///< of the disk below /sys, as the link /sys/block/NAME gives it
    std::vector<std::string> hosts; ///< SCSI: the host… entries beside its host
    std::string ata_port;           ///< ata_port/…/port_no
    std::string nvme_namespace;     ///< nsid
    std::string sas_address;        ///< of the end device
    std::string sas_phy;            ///< phy_identifier of the end device
    std::string sas_port_phys;      ///< num_phys of its port
    std::string sas_expander;       ///< address of the expander between; "" when there is none
};

/// Names of the devices on the way to the disk whose attributes are PositionHints; "" where there
/// is none.
struct PathParts {
    std::string host_directory; ///< "/sys/devices/…" that holds host…
    std::string ata;            ///< "ata1"
    std::string end_device;     ///< "end_device-0:0:1"
    std::string sas_port;       ///< "port-0:0:1"
    std::string expander;       ///< "expander-0:0"
    std::string usb_device;     ///< "/sys/devices/…/1-1"
};
[[nodiscard]] PathParts path_parts(const std::string &sysfs_path);

/// The name udev gives the disk under /dev/disk/by-path, made by the rules of its path_id (systemd,
/// src/udev/udev-builtin-path_id.c): a rescue system need not have udev. "" for a bus that is not
/// known here (Fibre Channel, iSCSI, Hyper-V, MMC, …).
[[nodiscard]] std::string position_of(const PositionHints &hints);

/// "nvme", "sata", "usb", "virtio", "sas", "scsi", "xen", "mmc", "fc", "iscsi" or "".
[[nodiscard]] std::string transport_of(const std::string &sysfs_path);

/// Order of positions for people: PCI addresses by value, then numbers by value, so that 0:0:10:0
/// follows 0:0:9:0. None last.
[[nodiscard]] bool position_before(const std::string &left, const std::string &right);

} // namespace mdrescue::probe
