# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab itself: what the other tests stand on."""

import re

from lab.installer import wait_for_prompt
from lab.lab import mount_share
from lab.layouts import LAYOUTS
from lab.runner import case, cases

BOTH = (case("1.2", "linux-journal-1.2"), case("0.90", "linux-journal-0.90", thorough=True))


def arrays(machine):
    """What /proc/mdstat says of each array: name -> its [UU_UU]."""
    text = machine.console.output("cat /proc/mdstat")
    return dict(re.findall(r"^(md\d+) : .*\n.*(\[[U_]+\])", text, re.M))


@cases(*BOTH)
def test_clone(lab, layout):
    """A copy of the frozen machine is at its root prompt at once, healthy, with both arrays complete and /boot mounted."""
    machine = lab.victim(layout)
    console = machine.console
    assert arrays(machine) == {"md0": "[UUUUU]", "md1": "[UUUUUU]"}, arrays(machine)
    metadata = console.output("cat /sys/block/md0/md/metadata_version /sys/block/md1/md/metadata_version").split()
    assert metadata == [LAYOUTS[layout].arrays[0].metadata] * 2, metadata
    mounts = dict(line.split() for line in console.output("for at in / /boot /home; do findmnt -rno TARGET,SOURCE $at; done").splitlines())
    assert mounts["/"] == "/dev/md1" and mounts["/home"] == "/dev/md0", mounts
    assert re.fullmatch(r"/dev/sd[a-f]1", mounts["/boot"]), mounts
    assert console.output("systemctl is-system-running").strip() == "running"
    assert "LABEL=/boot /boot" in console.output("cat /etc/fstab")
    remembered = console.output("debconf-show grub-pc | grep install_devices:")
    assert "/dev/disk/by-id/scsi-3" in remembered, remembered


@cases(BOTH[0])
def test_share(lab, layout):
    """Files go into a copy and out of it unchanged."""
    machine = lab.victim(layout)
    (machine.share / "in").write_bytes(bytes(range(256)) * 4096)
    mount_share(machine)
    machine.console.output("cp /mnt/in /root/in && cp /root/in /mnt/out && sync")
    assert (machine.share / "out").read_bytes() == (machine.share / "in").read_bytes()


@cases(BOTH[0], case("0.90", "linux-journal-0.90", thorough=True))
def test_disk_replaced(lab, layout):
    """With disk 4 replaced by a blank one the machine starts by itself, degraded, and finds the blank disk's serial."""
    machine = lab.machine("degraded", lab.switched_off(layout))
    disk = machine.replace_disk(3, serial="BLANK001")
    machine.start()
    wait_for_prompt(machine, LAYOUTS[layout], 300)
    assert arrays(machine) == {"md0": "[UU_UU]", "md1": "[UUU_UU]"}, arrays(machine)
    assert disk.serial in machine.console.output("lsblk -dno SERIAL")
    machine.screendump(lab.logs / "screen.png")
