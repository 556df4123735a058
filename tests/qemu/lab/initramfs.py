# SPDX-License-Identifier: GPL-3.0-or-later
"""The installer guest's initramfs, made of programs and modules of an unpacked Debian root.

Called by mmdebstrap while the root still is a directory: `python3 -m lab.initramfs ROOT FOLDER` copies the kernel to
FOLDER/vmlinuz and writes FOLDER/installer.img.
"""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

from . import settings


def in_root(root, *argv):
    """Standard output of a command run inside the root."""
    return subprocess.run(["chroot", root, *argv], capture_output=True, text=True, check=True).stdout


def libraries(root, programs):
    """Paths of the shared libraries (and the loader) that these programs need."""
    found = set()
    for program in programs:
        tried = subprocess.run(["chroot", root, "ldd", program], capture_output=True, text=True)
        found.update(re.findall(r"(?:=> )?(/\S+) \(0x", tried.stdout))  # a static program prints none
    return found


def modules(root, version, names):
    """Paths of the kernel modules by these names, with all they depend on."""
    found = []
    for name in names:
        for line in in_root(root, "modprobe", "--set-version", version, "--show-depends", name).splitlines():
            verb, *rest = line.split()  # "insmod PATH OPTIONS…" or "builtin NAME"
            if verb == "insmod" and rest[0] not in found:
                found.append(rest[0])
    return found


class Archive:
    """A cpio archive in the "newc" form, as the kernel unpacks it."""

    def __init__(self, out):
        self.out = out
        self.count = 0
        self.directories = set()

    def entry(self, name, mode, data=b"", device=(0, 0)):
        """Adds one entry, and the directories above it where they are missing."""
        parent = os.path.dirname(name)
        if parent and parent not in self.directories:
            self.directories.add(parent)
            self.entry(parent, stat.S_IFDIR | 0o755)
        if stat.S_ISDIR(mode):
            self.directories.add(name)
        self.count += 1
        encoded = name.encode() + b"\0"
        fields = [self.count, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(encoded), 0]
        head = b"070701" + b"".join(b"%08x" % field for field in fields) + encoded
        self.out.write(head + b"\0" * (-len(head) % 4) + data + b"\0" * (-len(data) % 4))

    def file(self, name, path):
        """Adds the file at `path` under `name`, with its mode."""
        self.entry(name, stat.S_IFREG | stat.S_IMODE(path.stat().st_mode), path.read_bytes())

    def close(self):
        """Writes the end mark."""
        self.entry("TRAILER!!!", 0)


def resolve(root, path):
    """The host path of a guest path; links inside the root are followed inside the root."""
    return Path(root + in_root(root, "readlink", "-f", path).strip())


def write(root, folder):
    """Writes vmlinuz and installer.img into `folder`."""
    versions = sorted(os.listdir(f"{root}/lib/modules"))
    if len(versions) != 1:
        raise SystemExit(f"initramfs: one kernel expected in the root, found {versions}")
    version = versions[0]
    shutil.copy(f"{root}/boot/vmlinuz-{version}", folder / "vmlinuz")

    programs = settings.words(settings.DATA / "installer-tools.txt")
    names = settings.words(settings.DATA / "installer-modules.txt")
    with open(folder / "installer.img", "wb") as out:
        archive = Archive(out)
        for name in ("dev", "proc", "sys", "run", "target"):
            archive.entry(name, stat.S_IFDIR | 0o755)
        archive.entry("dev/console", stat.S_IFCHR | 0o600, device=(5, 1))
        for top in ("bin", "sbin", "lib", "lib64"):
            archive.entry(top, stat.S_IFLNK | 0o777, f"usr/{top}".encode())
            archive.directories.add(top)
        under = {"/bin/": "usr/bin/", "/sbin/": "usr/sbin/", "/lib/": "usr/lib/", "/lib64/": "usr/lib64/"}

        def place(path):
            for start, instead in under.items():
                if path.startswith(start):
                    return instead + path[len(start):]
            return path.lstrip("/")

        for path in sorted({*programs, *libraries(root, programs)}):
            archive.file(place(path), resolve(root, path))
        for path in modules(root, version, names):
            archive.file(place(path), Path(root + path))
        for name in ("modules.dep", "modules.dep.bin", "modules.alias.bin", "modules.symbols.bin",
                     "modules.builtin", "modules.builtin.bin", "modules.builtin.alias.bin", "modules.order", "modules.softdep"):
            archive.file(f"usr/lib/modules/{version}/{name}", Path(f"{root}/lib/modules/{version}/{name}"))
        archive.entry("etc/installer-modules", stat.S_IFREG | 0o644, "\n".join(names).encode() + b"\n")
        archive.file("init", settings.DATA / "installer-init")
        archive.close()


if __name__ == "__main__":
    write(sys.argv[1].rstrip("/"), Path(sys.argv[2]))
