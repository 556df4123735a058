// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/position.h"

#include <algorithm>
#include <doctest/doctest.h>

using namespace mdrescue::probe;

namespace {

/// Names as udev's path_id gave them on real machines.
struct Case {
    PositionHints hints;
    const char *position;
    const char *transport;
};

const Case cases[] = {
    {{"/sys/devices/pci0000:00/0000:00:05.0/virtio1/host0/target0:0:10/0:0:10:0/block/sde",
      {"host0"},
      "",
      "",
      "",
      "",
      "",
      ""},
     "pci-0000:00:05.0-scsi-0:0:10:0",
     "scsi"},
    // The second controller found counts its own hosts from 0.
    {{"/sys/devices/pci0000:00/0000:00:06.0/virtio2/host6/target6:0:1/6:0:1:3/block/sdb",
      {"host6"},
      "",
      "",
      "",
      "",
      "",
      ""},
     "pci-0000:00:06.0-scsi-0:0:1:3",
     "scsi"},
    {{"/sys/devices/pci0000:00/0000:00:10.0/host3/target3:0:1/3:0:1:0/block/sdb",
      {"host2", "host3"},
      "",
      "",
      "",
      "",
      "",
      ""},
     "pci-0000:00:10.0-scsi-1:0:1:0",
     "scsi"},
    {{"/sys/devices/pci0000:00/0000:00:1f.2/ata2/host2/target2:0:0/2:0:0:0/block/sdg",
      {"host2"},
      "2",
      "",
      "",
      "",
      "",
      ""},
     "pci-0000:00:1f.2-ata-2.0",
     "sata"},
    {{"/sys/devices/pci0000:00/0000:00:01.1/ata1/host0/target0:0:1/0:0:1:0/block/sdb",
      {"host0"},
      "1",
      "",
      "",
      "",
      "",
      ""},
     "pci-0000:00:01.1-ata-1.1",
     "sata"},
    {{"/sys/devices/pci0000:00/0000:00:1d.0/0000:01:00.0/nvme/nvme0/nvme0n1",
      {},
      "",
      "1",
      "",
      "",
      "",
      ""},
     "pci-0000:01:00.0-nvme-1",
     "nvme"},
    {{"/sys/devices/pci0000:00/0000:00:07.0/virtio2/block/vda", {}, "", "", "", "", "", ""},
     "pci-0000:00:07.0",
     "virtio"},
    {{"/sys/devices/pci0000:00/0000:00:08.0/usb2/2-1/2-1.4/2-1.4:1.0/host7/target7:0:0/7:0:0:0/"
      "block/sdh",
      {"host7"},
      "",
      "",
      "",
      "",
      "",
      ""},
     "pci-0000:00:08.0-usb-0:1.4:1.0-scsi-0:0:0:0",
     "usb"},
    {{"/sys/devices/pci0000:00/0000:00:02.0/0000:03:00.0/host0/port-0:1/end_device-0:1/target0:0:1/"
      "0:0:1:0/block/sdb",
      {"host0"},
      "",
      "",
      "0x5000c500aabbccdd",
      "1",
      "1",
      ""},
     "pci-0000:03:00.0-sas-phy1-lun-0",
     "sas"},
    {{"/sys/devices/pci0000:00/0000:03:00.0/host0/port-0:0/expander-0:0/port-0:0:5/"
      "end_device-0:0:5/target0:0:5/0:0:5:0/block/sdf",
      {"host0"},
      "",
      "",
      "0x5000c500aabbccdd",
      "5",
      "1",
      "0x500605b0000272bf"},
     "pci-0000:03:00.0-sas-exp0x500605b0000272bf-phy5-lun-0",
     "sas"},
    {{"/sys/devices/vbd-51712/block/xvda", {}, "", "", "", "", "", ""}, "xen-vbd-51712", "xen"},
    // Not known here: udev is asked instead.
    {{"/sys/devices/pci0000:00/0000:04:00.0/host7/rport-7:0-0/target7:0:0/7:0:0:0/block/sdc",
      {"host7"},
      "",
      "",
      "",
      "",
      "",
      ""},
     "",
     "fc"},
    {{"/sys/devices/pci0000:00/0000:00:1f.2/ata2/host2/target2:0:0/2:0:0:0/block/sdg",
      {"host2"},
      "",
      "",
      "",
      "",
      "",
      ""},
     "",
     "sata"},
    {{"/sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1", {}, "", "1", "", "", "", ""},
     "",
     "nvme"},
    {{"", {}, "", "", "", "", "", ""}, "", ""},
    {{"devices/////", {}, "", "", "", "", "", ""}, "", ""},
};

} // namespace

TEST_CASE("positions are those of udev's path_id") {
    for (const Case &one : cases) {
        CAPTURE(one.hints.path);
        CHECK(position_of(one.hints) == one.position);
        CHECK(transport_of(one.hints.path) == one.transport);
    }
}

TEST_CASE("positions sort the way people count") {
    std::vector<std::string> sorted{"pci-0000:00:05.0-scsi-0:0:1:0",
                                    "pci-0000:00:05.0-scsi-0:0:9:0",
                                    "pci-0000:00:05.0-scsi-0:0:10:0",
                                    "pci-0000:00:09.0-ata-1.0",
                                    "pci-0000:00:0a.0",
                                    "pci-0000:00:1f.2-ata-2.0",
                                    "xen-vbd-51712",
                                    ""};
    auto shuffled = sorted;
    std::reverse(shuffled.begin(), shuffled.end());
    std::sort(shuffled.begin(), shuffled.end(), position_before);
    CHECK(shuffled == sorted);
    CHECK_FALSE(position_before("", ""));
    CHECK_FALSE(position_before("a1", "a1"));
}
