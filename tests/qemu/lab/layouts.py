# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines of the lab, as data. `installer.py` has one small function for each kind of thing named here."""

import dataclasses
import uuid
from typing import Optional

from .disks import MIB, SECTOR


@dataclasses.dataclass(frozen=True)
class Partition:
    """A partition of `mib` MiB; `type` as sfdisk spells it."""

    mib: int
    type: str
    bootable: bool = False


@dataclasses.dataclass(frozen=True)
class DiskPlan:
    """A disk: what it reports of itself, and its partition table ("dos") with the partitions in order."""

    serial: str
    wwn: str
    mib: int
    table: str
    table_id: str
    partitions: tuple


@dataclasses.dataclass(frozen=True)
class Array:
    """An md array /dev/md<number> over (slot, partition number) members."""

    number: int
    level: str
    chunk_kib: int
    metadata: str
    members: tuple


@dataclasses.dataclass(frozen=True)
class Filesystem:
    """A filesystem on "md<number>" or on a (slot, partition number); `by` says how fstab names it: LABEL or UUID."""

    where: object
    kind: str
    mount: str
    by: str = "UUID"
    label: Optional[str] = None
    options: str = "defaults"


@dataclasses.dataclass(frozen=True)
class Loader:
    """A boot loader of some kind ("grub-pc") on the disk in a slot."""

    kind: str
    slot: int


@dataclasses.dataclass(frozen=True)
class Layout:
    """A whole machine. Filesystems stand in the order of mounting."""

    name: str
    hostname: str
    disks: tuple
    arrays: tuple
    filesystems: tuple
    loaders: tuple
    firmware: str = "bios"

    def identity(self, what):
        """The UUID of an array or filesystem: always the same, so that a recorded profile knows the next machine made."""
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.name} {what}"))

    def partitions(self, slot):
        """Where the partitions of a disk lie, as sfdisk aligns them: number -> (first sector, count)."""
        start, found = MIB, {}
        for number, part in enumerate(self.disks[slot].partitions, 1):
            found[number] = (start // SECTOR, part.mib * MIB // SECTOR)
            start += part.mib * MIB
        return found

    def members(self, slot):
        """Where the array members on a disk lie: (first sector, count) of each."""
        numbers = {number for array in self.arrays for where, number in array.members if where == slot}
        return [place for number, place in self.partitions(slot).items() if number in numbers]

    def end(self, slot):
        """Where the last partition of a disk ends, in bytes."""
        return sum(max(self.partitions(slot).values())) * SECTOR

    def data(self):
        """The layout as plain data, for digests."""
        return dataclasses.asdict(self)


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


LAYOUTS = {
    # the example machine, on disks of a size people had in 2003
    "linux-journal": linux_journal("1.2", large=17000),
    "linux-journal-1.2": linux_journal("1.2"),
    "linux-journal-0.90": linux_journal("0.90"),
}
