# SPDX-License-Identifier: GPL-3.0-or-later
"""The boot menu's ways back to what is installed."""

import subprocess

import program
from lab.disks import Disk
from lab.installer import wait_for_prompt
from lab.layouts import LAYOUTS
from lab.machine import Medium
from lab.runner import case, cases

NEW = "linux-journal-1.2"
DISK, SETUP = 4, 5  # entries of the menu, counted from 0
SAYS = "THE INSTALLED LOADER"


@cases(case("cd.1.2", NEW, "cd"), case("usb.1.2", NEW, "usb", thorough=True))
def test_first_hard_disk(lab, layout, kind):
    """Under BIOS the entry for the hard disk starts the system that is installed on the first disk; a stick, which is itself the first disk then, is
    passed over."""
    made = program.image(lab, layout)
    machine = lab.machine("installed", made.disks, medium=Medium(kind, made.file))
    program.start(machine, entry=DISK)
    wait_for_prompt(machine, LAYOUTS[layout], 300)
    assert machine.console.output("findmnt -no SOURCE /").strip() == "/dev/md1"
    assert "mdrescue" not in machine.console.output("cat /proc/cmdline")


@cases(case("cd.1.2", "cd"), case("usb.1.2", "usb", thorough=True))
def test_hard_disk(lab, kind):
    """Under UEFI, where no loader of the profile is found, the one that a firmware would start on a disk is started; never the medium's own."""
    tree = lab.work / "disk"
    (tree / "boot/grub").mkdir(parents=True)
    (tree / "boot/grub/grub.cfg").write_text(f"serial\nterminal_output serial\necho {SAYS}\nsleep 600\n")
    file = lab.work / "disk.img"
    subprocess.run(["grub-mkrescue", "-o", str(file), str(tree)], check=True, capture_output=True, timeout=120)
    machine = lab.machine("firmware", [Disk(file, file.stat().st_size, "EFIDISK1", format="raw")], firmware="uefi",
                          medium=Medium(kind, program.image(lab, NEW).file))
    program.start(machine, entry=DISK)
    machine.console.wait(SAYS, 120)


def test_firmware_setup(lab):
    """Under UEFI the last entry asks the firmware for its setup, and restarts the machine (which ends a machine of the lab)."""
    machine = lab.machine("setup", [], firmware="uefi", medium=Medium("cd", program.image(lab, NEW).file))
    wanted = "OsIndications".encode("utf-16-le")
    program.start(machine)
    machine.kill()
    assert wanted not in machine.variables().read_bytes()
    program.start(machine, entry=SETUP)
    machine.wait_off(60)
    assert wanted in machine.variables().read_bytes()
