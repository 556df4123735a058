# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks of machines: qcow2 files, made blank or as copy-on-write layers over finished ones."""

import dataclasses
import subprocess
from pathlib import Path

MIB = 1024 * 1024


@dataclasses.dataclass(frozen=True)
class Disk:
    """One disk as a machine sees it: a file, a size in bytes, a serial number and a world wide name."""

    file: Path
    size: int
    serial: str
    wwn: str = ""
    format: str = "qcow2"

    def layer(self, file):
        """The same disk on a new copy-on-write layer; this one's file must not change any more."""
        _create("-F", self.format, "-b", str(self.file), str(file), str(self.size))
        return dataclasses.replace(self, file=Path(file), format="qcow2")


def blank(file, size, serial, wwn=""):
    """A new disk full of zeros."""
    _create(str(file), str(size))
    return Disk(Path(file), size, serial, wwn)


def _create(*arguments):
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", *arguments], check=True, timeout=60,
                   capture_output=True, text=True)
