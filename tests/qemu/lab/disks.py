# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks of machines: qcow2 files, made blank or as copy-on-write layers over finished ones, and raw files with prepared content.

Plain disks are attached by -drive. Disks that fail, or whose writes are logged, need a chain of block drivers, which -blockdev describes.
"""

import dataclasses
import json
import subprocess
from pathlib import Path
from typing import Optional

MIB = 1024 * 1024
# A rebuild writes mostly zeros; they are stored as nothing. Above this node (a log, faults) a write of zeros is still a write.
ZEROES = ",detect-zeroes=unmap"
SECTOR = 512  # of every number of sectors in the lab, whatever a disk says its own is


@dataclasses.dataclass(frozen=True)
class Fault:
    """An error a disk reports for every "read" or "write" that touches a sector (None: for all of them)."""

    operation: str
    sector: Optional[int] = None

    def rule(self):
        """The rule for QEMU's blkdebug driver."""
        rule = {"event": "none", "iotype": self.operation, "errno": 5, "once": False, "immediately": True}
        return rule if self.sector is None else {**rule, "sector": self.sector}


@dataclasses.dataclass(frozen=True)
class Disk:
    """One disk as a machine sees it: a file, a size in bytes, a serial number, a world wide name ("" for none of them), and how it behaves."""

    file: Path
    size: int
    serial: str
    wwn: str = ""
    format: str = "qcow2"
    logical_sector: int = SECTOR
    physical_sector: int = 0  # 0: the same
    read_only: bool = False
    removable: bool = False
    faults: tuple = ()
    read_speed: int = 0  # in bytes per second; 0: as fast as the host is

    def layer(self, file):
        """The same disk on a new copy-on-write layer; this one's file must not change any more."""
        _create("-F", self.format, "-b", str(self.file), str(file), str(self.size))
        return dataclasses.replace(self, file=Path(file), format="qcow2")

    def drive(self, name, log=None):
        """Arguments for QEMU that make the disk a drive called `name`; its writes are logged to the file `log` (see writelog.py)."""
        if self.read_only or not (self.faults or log):
            read_only = ",readonly=on" if self.read_only else ""
            slow = f",throttling.bps-read={self.read_speed}" if self.read_speed else ""
            return ["-drive", f"if=none,id={name},format={self.format},file={self.file},cache=unsafe,discard=unmap{ZEROES}{read_only}{slow}"]
        if self.read_speed:
            raise ValueError("a disk that fails, or whose writes are logged, is as fast as the host")
        node = {"driver": self.format, "discard": "unmap", "detect-zeroes": "unmap", "cache": {"no-flush": True},
                "file": {"driver": "file", "filename": str(self.file), "discard": "unmap", "cache": {"no-flush": True}}}
        if self.faults:
            node = {"driver": "blkdebug", "discard": "unmap", "inject-error": [fault.rule() for fault in self.faults], "image": node}
        if log:
            node = {"driver": "blklogwrites", "discard": "unmap", "log-sector-size": SECTOR, "file": node,
                    "log": {"driver": "file", "filename": str(log), "cache": {"no-flush": True}}}
        return ["-blockdev", json.dumps({**node, "node-name": name})]

    def properties(self, bus):
        """What the disk says of itself on a bus (buses.py), as properties of QEMU's device."""
        said = ""
        if self.serial:
            said += f",serial={self.serial.replace(',', ',,')}"
        if self.wwn and bus.wwn:
            said += f",wwn={self.wwn}"
        physical = self.physical_sector or self.logical_sector
        if physical != SECTOR:
            said += f",logical_block_size={self.logical_sector},physical_block_size={physical}"
        return said + (",removable=on" if self.removable and bus.removable else "")


def blank(file, size, serial, wwn=""):
    """A new disk full of zeros."""
    disk = Disk(Path(file), size, serial, wwn)
    make_blank(disk)
    return disk


def make_blank(disk):
    """Makes the file of a disk, full of zeros."""
    _create(str(disk.file), str(disk.size))


def prepared(file, size, serial, fill):
    """A new disk with content: `fill(file)` writes into a file of zeros."""
    with open(file, "wb") as new:
        new.truncate(size)
    fill(Path(file))
    return Disk(Path(file), size, serial, format="raw")


def _create(*arguments):
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", *arguments], check=True, timeout=60,
                   capture_output=True, text=True)
