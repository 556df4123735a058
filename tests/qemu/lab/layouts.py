# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines of the lab, as data. `installer.py` has one small function for each kind of thing named here."""

import dataclasses
import uuid
from typing import Optional

from .disks import MIB, SECTOR, Disk

ESP, RAID, LINUX = "uefi", "raid", "linux"  # types in a GPT, as sfdisk's aliases
BIOS_BOOT = "21686148-6449-6E6F-744E-656564454649"  # where GRUB lies on a GPT disk (GRUB manual, "BIOS installation")


@dataclasses.dataclass(frozen=True)
class Partition:
    """A partition of `mib` MiB; `type` as sfdisk spells it: hex, a GUID, or an alias ("uefi", "raid", "linux"). Name and attributes: GPT only."""

    mib: int
    type: str
    bootable: bool = False
    name: str = ""
    attributes: str = ""


@dataclasses.dataclass(frozen=True)
class DiskPlan:
    """A disk: what it reports of itself, and its partition table ("dos", "gpt", or "" for none at all) with the partitions in order.

    `table_id` is the disk's id or GUID; partition GUIDs follow from the layout (`Layout.partition_guid`).
    """

    serial: str
    wwn: str
    mib: int
    table: str
    table_id: str
    partitions: tuple
    logical_sector: int = SECTOR
    physical_sector: int = 0  # 0: the same


@dataclasses.dataclass(frozen=True)
class Array:
    """An md array /dev/md<number> over (slot, partition number) members, 0 being the whole disk; `chunk_kib` is 0 where the level has no chunks.

    A device in `journal` keeps the write journal, those in `spares` wait for a member to die; `bitmap`: which parts were written is kept.
    """

    number: int
    level: str
    chunk_kib: int
    metadata: str
    members: tuple
    spares: tuple = ()
    journal: tuple = ()
    bitmap: bool = False

    def devices(self):
        """All that belong to it: members, spares, journal."""
        return self.members + self.spares + self.journal


@dataclasses.dataclass(frozen=True)
class Container:
    """A LUKS2 container on "md<number>", opened as /dev/mapper/<name>; `passphrase` is what the machine asks for."""

    name: str
    where: str
    passphrase: str


@dataclasses.dataclass(frozen=True)
class VolumeGroup:
    """A volume group on "md<number>" or "mapper/<name>", with (name, MiB) for each logical volume."""

    name: str
    where: str
    volumes: tuple


@dataclasses.dataclass(frozen=True)
class Filesystem:
    """A filesystem or swap on "md<number>", "mapper/<name>" or a (slot, partition number); `by` says how fstab names it: LABEL, UUID or "" (by
    its device).

    `mount` is "none" for swap, and "" for one that is in no fstab (a second EFI system partition).
    """

    where: object
    kind: str
    mount: str
    by: str = "UUID"
    label: Optional[str] = None
    options: str = "defaults"


@dataclasses.dataclass(frozen=True)
class Loader:
    """A boot loader of some kind ("grub-pc", "grub-efi") on the disk in a slot.

    For UEFI it goes onto that disk's EFI system partition; each but the first is a copy, with a boot entry of its own label.
    """

    kind: str
    slot: int


@dataclasses.dataclass(frozen=True)
class Layout:
    """A whole machine. Filesystems stand in the order of mounting.

    `firmware`: "bios", "uefi" or "secure-boot"; `bus`: how the disks are attached, "scsi", "sata", "nvme" or "virtio"; `release`: of Debian.
    """

    name: str
    hostname: str
    disks: tuple
    arrays: tuple
    filesystems: tuple
    loaders: tuple
    firmware: str = "bios"
    bus: str = "scsi"
    release: str = "bookworm"
    containers: tuple = ()
    groups: tuple = ()

    def identity(self, what):
        """The UUID of an array or filesystem: always the same, so that a recorded profile knows the next machine made."""
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.name} {what}"))

    def partition_guid(self, slot, number):
        """The GUID of a partition in a GPT."""
        return self.identity(f"disk {slot + 1} partition {number}").upper()

    def fat_id(self, where):
        """The volume id of a FAT filesystem, 8 hex digits."""
        return self.identity(f"FAT {where}")[:8].upper()

    def esp(self, slot):
        """The number of the EFI system partition on a disk; None where it has none."""
        return next((number for number, part in enumerate(self.disks[slot].partitions, 1) if part.type == ESP), None)

    def freezable(self):
        """Whether QEMU can save and load the machine's state: its NVMe disks cannot be migrated."""
        return self.bus != "nvme"

    def partitions(self, slot):
        """Where the partitions of a disk lie, as sfdisk aligns them: number -> (first sector, count)."""
        start, found = MIB, {}
        for number, part in enumerate(self.disks[slot].partitions, 1):
            found[number] = (start // SECTOR, part.mib * MIB // SECTOR)
            start += part.mib * MIB
        return found

    def members(self, slot):
        """Where the array members on a disk lie: (first sector, count) of each."""
        numbers = {number for array in self.arrays for where, number in array.devices() if where == slot}
        if 0 in numbers:
            return [(0, self.disks[slot].mib * MIB // SECTOR)]
        return [place for number, place in self.partitions(slot).items() if number in numbers]

    def end(self, slot):
        """Where the last partition of a disk ends, in bytes."""
        return sum(max(self.partitions(slot).values())) * SECTOR

    def data(self):
        """The layout as plain data, for digests."""
        return dataclasses.asdict(self)


def planned_disks(layout, folder):
    """The disks of a layout, whose files are in a folder."""
    return [Disk(folder / f"disk{slot + 1}.qcow2", plan.mib * MIB, plan.serial, plan.wwn, logical_sector=plan.logical_sector,
                 physical_sector=plan.physical_sector)
            for slot, plan in enumerate(layout.disks)]


def linux_journal(metadata, small=250, large=600, spare=46):
    """The machine of the 2003 article: six disks; /boot and GRUB on the first alone; two RAID-5 arrays.

    md0 lies on the first partitions of disks 2 to 6, md1 (the root) on the second partitions of all six. Sizes in MiB.
    """
    raid = "fd"
    first = (Partition(small, "83", bootable=True), Partition(large, raid))
    other = (Partition(small, raid), Partition(large, raid))
    disks = tuple(
        DiskPlan(serial=f"LJ03{letter}{slot + 1:03d}", wwn=f"0x5000c5000304d10{slot + 1}", mib=1 + small + large + spare,
                 table="dos", table_id=f"0x6c6a030{slot + 1}", partitions=first if slot == 0 else other)
        for slot, letter in enumerate("ABCDEF"))
    arrays = (Array(0, "5", 64, metadata, tuple((slot, 1) for slot in range(1, 6))),
              Array(1, "5", 64, metadata, tuple((slot, 2) for slot in range(6))))
    filesystems = (Filesystem("md1", "ext4", "/", options="errors=remount-ro"),
                   Filesystem((0, 1), "ext4", "/boot", by="LABEL", label="/boot"),
                   Filesystem("md0", "ext4", "/home"))
    return Layout("linux-journal", "journal", disks, arrays, filesystems, (Loader("grub-pc", 0),))


def mirror_uefi(name="mirror-uefi", root=1400, swap=128, esp=64, sector=SECTOR, release="bookworm"):
    """Two NVMe disks with Secure Boot on: an EFI system partition on each, kept in step (only the first is mounted), and RAID-1 root and swap.

    `sector`: 4096 for disks that know no smaller ones. The machine has to start from either disk alone, so no ESP is waited for.
    """
    parts = (Partition(esp, ESP, name="EFI System Partition", attributes="RequiredPartition"),
             Partition(root, RAID, name="root, half"), Partition(swap, RAID, attributes="GUID:60,63"))
    disks = tuple(
        DiskPlan(serial=f"NVME{letter}00{slot + 1}", wwn="", mib=1 + esp + root + swap + 15, table="gpt",
                 table_id=f"5D1F0A2C-7B3E-4C48-9E60-0000000000A{slot + 1}", partitions=parts,
                 logical_sector=sector)
        for slot, letter in enumerate("AB"))
    arrays = (Array(0, "1", 0, "1.2", ((0, 2), (1, 2))), Array(1, "1", 0, "1.2", ((0, 3), (1, 3))))
    filesystems = (Filesystem("md0", "ext4", "/", options="errors=remount-ro"),
                   Filesystem((0, 1), "vfat", "/boot/efi", label="ESP-1", options="umask=0077,nofail,x-systemd.device-timeout=2min"),
                   Filesystem((1, 1), "vfat", "", label="ESP-2"),
                   Filesystem("md1", "swap", "none", options="sw"))
    return Layout(name, "mirror", disks, arrays, filesystems, (Loader("grub-efi", 0), Loader("grub-efi", 1)),
                  firmware="secure-boot", bus="nvme", release=release)


def single_esp(root=900, boot=200, esp=64):
    """Three SATA disks, UEFI: the only EFI system partition and a native /boot on the first, as Debian's installer leaves it; RAID-5 root."""
    first = (Partition(esp, ESP), Partition(boot, LINUX), Partition(root, RAID))
    disks = tuple(
        DiskPlan(serial=f"SATA-{slot + 1}", wwn=f"0x5000c5000512e10{slot + 1}", mib=1 + esp + boot + root + 15, table="gpt",
                 table_id=f"0E3B7A51-2C44-4F0B-8A57-00000000005{slot + 1}", partitions=first if slot == 0 else (Partition(root, RAID),))
        for slot in range(3))
    filesystems = (Filesystem("md0", "ext4", "/", options="errors=remount-ro"),
                   Filesystem((0, 2), "ext4", "/boot"),
                   Filesystem((0, 1), "vfat", "/boot/efi", options="umask=0077"))
    return Layout("single-esp", "single", disks, (Array(0, "5", 64, "1.2", ((0, 3), (1, 1), (2, 1))),), filesystems,
                  (Loader("grub-efi", 0),), firmware="uefi", bus="sata")


def mirror_bios_gpt(name="mirror-bios-gpt", root=1300, boot=200, release="bookworm"):
    """Two virtio disks with GPT and BIOS boot partitions: RAID-1 /boot, and LVM (root, swap, home) on RAID-1. GRUB on both."""
    parts = (Partition(1, BIOS_BOOT), Partition(boot, RAID), Partition(root + 200, RAID))
    disks = tuple(
        DiskPlan(serial=f"VIRTIO-{slot + 1}", wwn="", mib=1 + sum(part.mib for part in parts) + 15, table="gpt",
                 table_id=f"7C60B1D5-91C2-4A5B-B1A4-00000000007{slot + 1}", partitions=parts)
        for slot in range(2))
    arrays = (Array(0, "1", 0, "1.2", ((0, 2), (1, 2))), Array(1, "1", 0, "1.2", ((0, 3), (1, 3))))
    groups = (VolumeGroup("vg0", "md1", (("root", root), ("swap", 64), ("home", 100))),)
    filesystems = (Filesystem("mapper/vg0-root", "ext4", "/", by="", options="errors=remount-ro"),
                   Filesystem("md0", "ext4", "/boot"),
                   Filesystem("mapper/vg0-home", "ext4", "/home", by=""),
                   Filesystem("mapper/vg0-swap", "swap", "none", by="", options="sw"))
    return Layout(name, "gptmirror", disks, arrays, filesystems, (Loader("grub-pc", 0), Loader("grub-pc", 1)),
                  bus="virtio", release=release, groups=groups)


def raid6_luks(root=700, boot=200):
    """Five disks with GPT and BIOS boot partitions: RAID-1 /boot (metadata 1.0) over all of them, and LUKS2 on RAID-6 with btrfs, root and home as
    subvolumes. GRUB on every disk."""
    parts = (Partition(1, BIOS_BOOT), Partition(boot, RAID), Partition(root, RAID))
    slots = range(5)
    disks = tuple(
        DiskPlan(serial=f"R6L{slot + 1:03d}", wwn=f"0x5000c5000a6c5e1{slot + 1}", mib=1 + sum(part.mib for part in parts) + 15, table="gpt",
                 table_id=f"2B9F3D4E-0D6E-4E0C-8C0B-00000000006{slot + 1}", partitions=parts)
        for slot in slots)
    arrays = (Array(0, "1", 0, "1.0", tuple((slot, 2) for slot in slots)), Array(1, "6", 64, "1.2", tuple((slot, 3) for slot in slots)))
    filesystems = (Filesystem("mapper/md1_crypt", "btrfs", "/", options="subvol=@rootfs"),
                   Filesystem("mapper/md1_crypt", "btrfs", "/home", options="subvol=@home"),
                   Filesystem("md0", "ext4", "/boot"))
    return Layout("raid6-luks", "vault", disks, arrays, filesystems, tuple(Loader("grub-pc", slot) for slot in slots),
                  containers=(Container("md1_crypt", "md1", "correct horse"),))


def mirror_bios_mbr(root=1300, boot=200, swap=64):
    """Two SATA disks with MBR tables: RAID-1 /boot (metadata 1.0), root (with a write-intent bitmap) and swap. GRUB on both."""
    parts = (Partition(boot, "fd", bootable=True), Partition(root, "fd"), Partition(swap, "fd"))
    disks = tuple(
        DiskPlan(serial=f"MBR-SATA-{slot + 1}", wwn=f"0x5000c5000b105e0{slot + 1}", mib=1 + boot + root + swap + 15, table="dos",
                 table_id=f"0x4d42520{slot + 1}", partitions=parts)
        for slot in range(2))
    arrays = tuple(Array(number, "1", 0, metadata, ((0, number + 1), (1, number + 1)), bitmap=number == 1) for number, metadata in enumerate(("1.0", "1.2", "1.2")))
    filesystems = (Filesystem("md1", "ext4", "/", options="errors=remount-ro"),
                   Filesystem("md0", "ext4", "/boot"),
                   Filesystem("md2", "swap", "none", options="sw"))
    return Layout("mirror-bios-mbr", "mbrmirror", disks, arrays, filesystems, (Loader("grub-pc", 0), Loader("grub-pc", 1)), bus="sata")


def mirror_uefi_mdesp(root=1300, esp=64):
    """Two virtio disks, UEFI: the EFI system partition is a RAID-1 of metadata 1.0, which firmware sees as FAT; RAID-1 root."""
    parts = (Partition(esp, ESP), Partition(root, RAID))
    disks = tuple(
        DiskPlan(serial=f"MDESP-{slot + 1}", wwn="", mib=1 + esp + root + 15, table="gpt",
                 table_id=f"3A6E5C1B-58D7-4B1E-9C7F-00000000008{slot + 1}", partitions=parts)
        for slot in range(2))
    arrays = (Array(0, "1", 0, "1.0", ((0, 1), (1, 1))), Array(1, "1", 0, "1.2", ((0, 2), (1, 2))))
    filesystems = (Filesystem("md1", "ext4", "/", options="errors=remount-ro"),
                   Filesystem("md0", "vfat", "/boot/efi", options="umask=0077"))
    return Layout("mirror-uefi-mdesp", "mdesp", disks, arrays, filesystems, (Loader("grub-efi", 0), Loader("grub-efi", 1)),
                  firmware="uefi", bus="virtio")


def raid10_lvm_xfs(root=1300, boot=200, half=760, swap=64):
    """Four 512e disks with MBR tables: a native /boot and GRUB on the first alone, swap on each, and xfs in LVM on RAID-10."""
    first = (Partition(boot, "83", bootable=True), Partition(half, "fd"), Partition(swap, "82"))
    disks = tuple(
        DiskPlan(serial=f"R10X{slot + 1:03d}", wwn=f"0x5000c5000a10e5a{slot + 1}", mib=1 + boot + half + swap + 15, table="dos",
                 table_id=f"0x5231302{slot + 1}", partitions=first if slot == 0 else first[1:], physical_sector=4096)
        for slot in range(4))
    arrays = (Array(0, "10", 64, "1.2", ((0, 2), (1, 1), (2, 1), (3, 1))),)
    groups = (VolumeGroup("vg0", "md0", (("root", root),)),)
    filesystems = (Filesystem("mapper/vg0-root", "xfs", "/", by=""),
                   Filesystem((0, 1), "ext4", "/boot"),
                   Filesystem((0, 3), "swap", "none", options="sw"),
                   *(Filesystem((slot, 2), "swap", "none", options="sw") for slot in (1, 2, 3)))
    return Layout("raid10-lvm-xfs", "tenfold", disks, arrays, filesystems, (Loader("grub-pc", 0),), groups=groups)


def raid1_3way_wholedisk(root=1300, data=200):
    """Five virtio disks: the system on a mirror of two (GPT, GRUB on both), data on a mirror of three whole disks without a partition table."""
    parts = (Partition(1, BIOS_BOOT), Partition(root, RAID))
    system = tuple(
        DiskPlan(serial=f"SYS-{slot + 1}", wwn="", mib=1 + sum(part.mib for part in parts) + 15, table="gpt",
                 table_id=f"6F0D9A13-4C42-4D4F-8B0B-00000000009{slot + 1}", partitions=parts)
        for slot in range(2))
    whole = tuple(DiskPlan(serial=f"DATA-{slot + 1}", wwn="", mib=data, table="", table_id="", partitions=()) for slot in range(2, 5))
    arrays = (Array(0, "1", 0, "1.2", ((0, 2), (1, 2))), Array(1, "1", 0, "1.2", ((2, 0), (3, 0), (4, 0))))
    filesystems = (Filesystem("md0", "ext4", "/", options="errors=remount-ro"), Filesystem("md1", "ext4", "/srv"))
    return Layout("raid1-3way-wholedisk", "threeway", system + whole, arrays, filesystems, (Loader("grub-pc", 0), Loader("grub-pc", 1)), bus="virtio")


def spare_journal(root=700, boot=200, data=100):
    """Four disks with GPT and BIOS boot partitions: RAID-1 /boot on the first two, which have GRUB, a RAID-5 root of three with a hot spare and a
    write-intent bitmap, and a RAID-5 of three whose write journal lies on the fourth disk."""
    parts = (Partition(1, BIOS_BOOT), Partition(boot, RAID), Partition(root, RAID), Partition(data, RAID))
    disks = tuple(
        DiskPlan(serial=f"SPJ{slot + 1:03d}", wwn=f"0x5000c500059a4e1{slot + 1}", mib=1 + sum(part.mib for part in parts) + 15, table="gpt",
                 table_id=f"1D8C4B7E-77A9-4E53-A2C6-0000000000B{slot + 1}", partitions=parts)
        for slot in range(4))
    arrays = (Array(0, "5", 64, "1.2", ((0, 3), (1, 3), (2, 3)), spares=((3, 3),), bitmap=True),
              Array(1, "5", 64, "1.2", ((0, 4), (1, 4), (2, 4)), journal=((3, 4),)),
              Array(2, "1", 0, "1.2", ((0, 2), (1, 2))))
    filesystems = (Filesystem("md0", "ext4", "/", options="errors=remount-ro"),
                   Filesystem("md2", "ext4", "/boot"),
                   Filesystem("md1", "ext4", "/srv"))
    return Layout("spare-journal", "sparejournal", disks, arrays, filesystems, (Loader("grub-pc", 0), Loader("grub-pc", 1)))


def mirror_and_stripe(root=1300, data=150, boot=320, archive=50, scratch=128):
    """Two SATA disks with MBR tables: the root on RAID-1, data on a RAID-0, which dies with either of them; /boot, an xfs, and GRUB on the first
    alone, and two filesystems on the second alone, of which one cannot be made again."""
    both = (Partition(root, "fd", bootable=True), Partition(data, "fd"))
    parts = (both + (Partition(boot, "83"),), both + (Partition(archive, "83"), Partition(scratch, "83")))
    disks = tuple(
        DiskPlan(serial=f"STRIPE-{slot + 1}", wwn=f"0x5000c5000574e0e{slot + 1}", mib=1 + sum(part.mib for part in own) + 15, table="dos",
                 table_id=f"0x5354520{slot + 1}", partitions=own)
        for slot, own in enumerate(parts))
    arrays = (Array(0, "1", 0, "1.2", ((0, 1), (1, 1))), Array(1, "0", 64, "1.2", ((0, 2), (1, 2))))
    filesystems = (Filesystem("md0", "ext4", "/", options="errors=remount-ro"), Filesystem((0, 3), "xfs", "/boot"),
                   Filesystem("md1", "ext4", "/srv"),
                   Filesystem((1, 3), "ext4", "/archive"), Filesystem((1, 4), "btrfs", "/scratch", options="subvol=data"))
    return Layout("mirror-and-stripe", "stripe", disks, arrays, filesystems, (Loader("grub-pc", 0),), bus="sata")


LAYOUTS = {
    # the example machine, on disks of a size people had in 2003
    "linux-journal": linux_journal("1.2", large=17000),
    "linux-journal-1.2": linux_journal("1.2"),
    "linux-journal-0.90": linux_journal("0.90"),
    "mirror-uefi": mirror_uefi(),
    "single-esp": single_esp(),
    "mirror-bios-gpt": mirror_bios_gpt(),
    "raid6-luks": raid6_luks(),
    "mirror-bios-mbr": mirror_bios_mbr(),
    "mirror-uefi-mdesp": mirror_uefi_mdesp(),
    "raid10-lvm-xfs": raid10_lvm_xfs(),
    "raid1-3way-wholedisk": raid1_3way_wholedisk(),
    "spare-journal": spare_journal(),
    "mirror-and-stripe": mirror_and_stripe(),
    "mirror-uefi-4kn": mirror_uefi("mirror-uefi-4kn", esp=300, sector=4096),
    "mirror-uefi-trixie": mirror_uefi("mirror-uefi-trixie", root=1700, release="trixie"),
    "mirror-bios-gpt-trixie": mirror_bios_gpt("mirror-bios-gpt-trixie", root=1700, release="trixie"),
}
