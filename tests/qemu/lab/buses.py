# SPDX-License-Identifier: GPL-3.0-or-later
"""How disks are attached to a machine: QEMU's devices, and what a disk can say of itself there."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Bus:
    """QEMU's controller ("" where each disk is one) and device for a disk; whether it has a world wide name and can be removable."""

    controller: str
    device: str
    wwn: bool = True
    removable: bool = False


BUSES = {
    "scsi": Bus("virtio-scsi-pci,id=scsi0", "scsi-hd,bus=scsi0.0,channel=0,scsi-id={slot},lun=0", removable=True),
    "lsi": Bus("lsi53c895a,id=scsi0", "scsi-hd,bus=scsi0.0,channel=0,scsi-id={slot},lun=0", removable=True),
    "usb": Bus("qemu-xhci,id=usb,p2=15,p3=15", "usb-storage,bus=usb.0,port={port}", wwn=False, removable=True),
    "sata": Bus("ich9-ahci,id=sata", "ide-hd,bus=sata.{slot}"),
    "nvme": Bus("", "nvme,addr={address}", wwn=False),
    "virtio": Bus("", "virtio-blk-pci,addr={address}", wwn=False),
}
