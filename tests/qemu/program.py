# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests know about mdrescue: how it is installed in a machine of the lab, and the words it says.

Every word of the program that a test waits for stands here and nowhere else.
"""

import hashlib
import re
import shutil
import subprocess
import time
from pathlib import Path

from lab.console import plain
from lab.lab import mount_share
from lab.machine import Medium

# A fixed clock for images that are compared.
EPOCH = 1700000000

# The boot menu, on the serial line: its first entry, and the countdown, which begins when the menu stands on every screen.
MENU_ENTRY = r"Guided recovery of"
MENU_DRAWN = r"automatically in"
# The agent's screen is complete and it waits for an answer.
READY = r"^mdrescue: READY guided$"
# Something went wrong so early that nobody else says so.
BOOT_FAILURE = r"Kernel panic|grub rescue>|error: bad shim signature|Security Violation|mdrescue: RESULT failed.*"


def array_row(array, state):
    """The agent's screen: one array and its state as people know it."""
    return rf"^  {array} .*\[{state}\]"


def missing_row(serial):
    """The agent's screen: a disk of the profile that is not there, named by its serial."""
    return rf"^  MISSING .*\b{serial}\b"


def sha256(file):
    """The digest of a file of the host."""
    with open(file, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def install(machine, tree):
    """Installs the program's tree into a running machine, and mounts the shared folder at /mnt there."""
    subprocess.run(["tar", "--owner=0", "--group=0", "-C", str(tree), "-cf", str(machine.share / "tree.tar"), "."],
                   check=True, timeout=120)
    mount_share(machine)
    # directories that exist (and the links /bin, /lib, /sbin) stay as they are
    machine.console.output("tar --keep-directory-symlink --no-overwrite-dir -C / -xf /mnt/tree.tar && mdrescue --help >/dev/null", 120)


def build(machine, output="/root/bootcd.iso", options=""):
    """`mdrescue build` as the machine's administrator runs it; returns its seconds and what it printed."""
    started = time.monotonic()
    said = machine.console.output(f"SOURCE_DATE_EPOCH={EPOCH} mdrescue build -o {output} {options}", 600)
    return time.monotonic() - started, said


class Image:
    """An image built inside a machine, and that machine's disks after a clean shutdown."""

    def __init__(self, file: Path, disks):
        self.file, self.disks = file, disks


def image(lab, layout):
    """The image of a layout's machine, built once in a run; a copy stays among the artifacts."""
    tree = lab.tree()

    def make(own):
        machine = own.victim(layout)
        install(machine, tree)
        seconds, said = build(machine)
        (own.logs / "build.txt").write_text(f"{said}\n{seconds:.0f} s in an emulated machine\n")
        machine.console.output("cp /root/bootcd.iso /mnt/bootcd.iso && umount /mnt", 120)
        file = own.logs / "bootcd.iso"
        shutil.move(machine.share / "bootcd.iso", file)
        machine.power_off()
        return Image(file, machine.disks)
    return lab.shared(f"image-{layout}", make)


def boot(lab, made, kind, firmware, name="rescue", prepare=None):
    """Boots an image as "cd" or "usb" beside the machine's own disks, up to the boot menu, and chooses its first entry.

    `prepare(machine)` may change the machine before it is switched on. Keeps a picture of the menu.
    """
    machine = lab.machine(name, made.disks, firmware=firmware, medium=Medium(kind, made.file))
    if prepare:
        prepare(machine)
    machine.start()
    machine.console.wait(MENU_ENTRY, 120, failure=BOOT_FAILURE)
    machine.console.wait(MENU_DRAWN, 60)
    machine.screendump(lab.logs / "menu.png")
    machine.console.send("\r")
    return machine


def agent_screen(machine, *rows):
    """Waits for the agent's first screen, and checks that it has these rows; returns it as plain text."""
    start = machine.console.position
    machine.console.wait(READY, 300, failure=BOOT_FAILURE)
    screen = plain(machine.console.text(start))
    for row in rows:
        assert re.search(row, screen, re.M), f"no /{row}/ on the agent's screen:\n" + "\n".join(screen.splitlines()[-30:])
    return screen
