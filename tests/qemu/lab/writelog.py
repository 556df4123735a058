# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs of all writes to a disk, as QEMU's blklogwrites driver keeps them in the form of Linux's dm-log-writes.

A log begins with a superblock (magic, version, number of entries, sector size); every entry has a sector of its own
(first sector, count, flags, length of a mark) and the data behind it. QEMU brings the number of entries up to date only now and
then, so it is not used: a log ends where the file ends, or with the first entry that says nothing.
"""

import contextlib
import dataclasses
import os
import shutil
import struct
import subprocess
import threading
from pathlib import Path
from typing import Optional

from .console import POLL
from .disks import SECTOR, Disk

MAGIC = 0x6A736677736872
FLUSH, FUA, DISCARD, MARK = 1, 2, 4, 8
SUPERBLOCK, ENTRY = struct.Struct("<QQQI"), struct.Struct("<QQQQ")


class WriteLogError(Exception):
    """A file is no log of writes."""


@dataclasses.dataclass(frozen=True)
class Entry:
    """A write or discard of `count` sectors from `sector` on, or a flush alone; its data lies at `data` in the log (None: no data)."""

    sector: int
    count: int
    flags: int
    data: Optional[int]
    end: int  # how long the log was after this entry


def entries(log):
    """All entries of a log, in their order. A log that nothing was ever written to is empty."""
    found = []
    size = log.stat().st_size
    with open(log, "rb") as file:
        head = file.read(SUPERBLOCK.size)
        if not head.strip(b"\0"):
            at = SECTOR  # the superblock comes with the first flush
        else:
            magic, version, _, sector_size = SUPERBLOCK.unpack(head)
            if (magic, version, sector_size) != (MAGIC, 1, SECTOR):
                raise WriteLogError(f"{log} is no log of writes in sectors of {SECTOR} bytes")
            at = SECTOR
        while at + SECTOR <= size:
            file.seek(at)
            sector, count, flags, mark = ENTRY.unpack(file.read(ENTRY.size))
            if not (sector or count or flags or mark):
                break
            at += SECTOR
            has_data = count and not flags & DISCARD
            end = at + count * SECTOR if has_data else at
            found.append(Entry(sector, count, flags, at if has_data else None, end))
            at = end
    return found


def changes(log):
    """The entries that change the disk: writes and discards."""
    return [entry for entry in entries(log) if entry.count and not entry.flags & MARK]


def outside(log, ranges):
    """The changes that touch a sector in none of the (first sector, count) ranges."""
    return [entry for entry in changes(log)
            if not any(first <= entry.sector and entry.sector + entry.count <= first + count for first, count in ranges)]


def inside(log, ranges):
    """The changes that touch a sector in one of the (first sector, count) ranges."""
    return [entry for entry in changes(log)
            if any(first < entry.sector + entry.count and entry.sector < first + count for first, count in ranges)]


def flushed(log):
    """How long the log was at each moment when all before it was safe on the disk."""
    return [entry.end for entry in entries(log) if entry.flags & FLUSH]


def replay(base: Disk, log, length, file):
    """The disk as it was when its log was `length` bytes long: a raw copy of `base`, from before the log began, with the changes made since."""
    subprocess.run(["qemu-img", "convert", "-f", base.format, "-O", "raw", str(base.file), str(file)], check=True, timeout=300)
    with open(file, "r+b") as disk, open(log, "rb") as data:
        for entry in changes(log):
            if entry.end > length:
                break
            disk.seek(entry.sector * SECTOR)
            if entry.data is None:
                _zero(disk, entry.count * SECTOR)
            else:
                data.seek(entry.data)
                shutil.copyfileobj(_Part(data, entry.count * SECTOR), disk, 1 << 20)
    return dataclasses.replace(base, file=Path(file), format="raw")


def _zero(disk, size):
    """What a discard leaves here: zeros."""
    step = 1 << 20
    while size:
        size -= disk.write(bytes(min(step, size)))


class _Part:
    """The next `size` bytes of a file, for copyfileobj."""

    def __init__(self, file, size):
        self.file, self.left = file, size

    def read(self, size):
        """At most `size` bytes."""
        data = self.file.read(min(size, self.left))
        self.left -= len(data)
        return data


@dataclasses.dataclass(frozen=True)
class Sample:
    """How long the logs of a machine's disks, and its console's, were at one moment."""

    logs: tuple
    console: int


class Timeline:
    """Watches the write logs of a running machine, so that the state of all its disks at one moment can be found afterwards.

    Logs have no times; that of one disk says nothing of the others. How long they all were at one moment does.
    """

    def __init__(self, machine):
        self.files = [machine.write_log(slot) for slot in range(len(machine.disks))]
        self.console = machine.console.log
        self.samples = []

    def _look(self):
        sample = Sample(tuple(os.stat(file).st_size for file in self.files), os.stat(self.console).st_size)
        if not self.samples or self.samples[-1] != sample:
            self.samples.append(sample)

    @contextlib.contextmanager
    def watched(self):
        """Looks again and again until the block is left."""
        left = threading.Event()

        def watch():
            while not left.wait(POLL):
                self._look()
        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            left.set()
            thread.join()
            self._look()

    def when(self, slot, length):
        """The first sample in which the log of a disk is at least this long."""
        return next(sample for sample in self.samples if sample.logs[slot] >= length)
