# SPDX-License-Identifier: GPL-3.0-or-later
"""An image is written to a stick and boots from it; a real drive and real disks refuse what they must."""

import re
import shutil

import program
from lab.console import plain
from lab.disks import MIB
from lab.machine import Medium
from lab.runner import case, cases

NEW = "linux-journal-1.2"
IMAGE = "/mnt/bootcd.iso"  # in the machine: the shared folder
SERIAL = "STICK0001"


def prepare(lab):
    """A running machine with the program and its own image."""
    made = program.image(lab, NEW)
    machine = lab.victim(NEW)
    program.install(machine, lab.package())
    shutil.copy(made.file, machine.share / "bootcd.iso")
    return machine, made


def plug(machine, file, driver, name, **properties):
    """Plugs a drive with the file into the running machine; returns the device it became there."""
    console = machine.console
    before = set(console.output("ls /sys/block").split())
    machine.qmp.command("blockdev-add", node_name=name, driver="raw", read_only=driver == "scsi-cd",
                        file={"driver": "file", "filename": str(file), "read-only": driver == "scsi-cd"})
    machine.qmp.command("device_add", driver=driver, id=name, drive=name, **properties)
    console.output(f"for i in $(seq 60); do [ $(ls /sys/block | wc -l) -gt {len(before)} ] && break; sleep 0.5; done; udevadm settle", 120)
    (new,) = set(console.output("ls /sys/block").split()) - before
    return f"/dev/{new}"


def plug_stick(lab, machine, size):
    """A USB stick with photos on it, on an xHCI controller that is plugged in with it; returns its file and its device."""
    file = lab.work / "stick.img"
    with open(file, "wb") as new:
        new.truncate(size)
    machine.console.output("modprobe -a xhci_pci usb_storage vfat nls_ascii nls_cp437; true")
    machine.qmp.command("device_add", driver="qemu-xhci", id="xhci")
    device = plug(machine, file, "usb-storage", "stick", bus="xhci.0", serial=SERIAL, removable=True)
    machine.console.output(f"echo ,,c | sfdisk --quiet {device} && udevadm settle && mkfs.vfat -n PHOTOS {device}1 && udevadm settle", 60)
    return file, device


def burn(machine, device, options="", answer="", status=1, seconds=300):
    """`mdrescue burn` of the image; checks its status and returns what it said, in one line."""
    got, said = machine.console.run(f"printf '{answer}' | mdrescue burn {options} {IMAGE} {device} 2>&1", seconds, check=False)
    assert got == status, f"burn {options} to {device}: status {got}, not {status}:\n{said}"
    return re.sub(r"\s+", " ", plain(said))


def boots(lab, file, firmware):
    """The stick starts a machine without any disks up to the agent's screen, and is found sound there."""
    machine = lab.machine(f"stick-{firmware}", [], firmware=firmware, medium=Medium("usb", file))
    program.start(machine, lab.logs / f"menu-{firmware}.png", entry=3)  # Check this medium
    machine.console.wait(program.MEDIUM_SOUND, 300, failure=program.BOOT_FAILURE)
    machine.kill()


@cases(case("whole", "", thorough=True), case("data_partition", "--data-partition", thorough=True))
def test_stick(lab, option):
    """A USB stick: shown what is lost, written only after yes, refused while mounted; it is sound, boots by BIOS and by UEFI, and its rest is a
    filesystem where that was asked."""
    machine, made = prepare(lab)
    console = machine.console
    file, device = plug_stick(lab, machine, made.file.stat().st_size + 100 * MIB)
    first = console.output(f"sha256sum {device}", 120)

    said = burn(machine, device, "--dry-run", status=0)
    assert f"serial {SERIAL}" in said and 'vfat "PHOTOS"' in said, said
    assert "not agreed to" in burn(machine, device)
    assert "not agreed to" in burn(machine, device, answer="y\\n")
    assert "not what this device says" in burn(machine, device, "--serial WRONG")
    console.output(f"mkdir -p /run/photos && mount -o ro {device}1 /run/photos")
    assert "is mounted or swapped on" in burn(machine, device, f"--serial {SERIAL}")
    console.output("umount /run/photos")
    assert console.output(f"sha256sum {device}", 120) == first, "something was written without consent"

    said = burn(machine, device, option, answer="yes\\n", status=0)
    assert "read back and compared" in said, said
    console.output(f"mdrescue verify {device}", 120)
    if option:
        assert "No problems found" in console.output(f"sgdisk --verify {device}", 60)
        console.output(f"mount {device}4 /run/photos && cp {IMAGE} /run/photos/copy && umount /run/photos", 120)
        console.output(f"mdrescue verify {device}", 120)
    said = burn(machine, device, "--dry-run", status=0)
    assert "iso9660" in said, said
    machine.power_off()
    for firmware in ("bios", "uefi"):
        boots(lab, file, firmware)


def test_disks(lab):
    """The machine's own disks are refused while they are in use, whatever is typed; a fixed disk that is not needs its serial; a partition is none."""
    machine, _ = prepare(lab)
    console = machine.console
    disk = console.output("lsblk -dno NAME,SERIAL | sort | head -1").split()
    assert "in use" in burn(machine, f"/dev/{disk[0]}", f"--serial {disk[1]}")
    file = lab.work / "fixed.img"
    with open(file, "wb") as new:
        new.truncate(200 * MIB)
    device = plug(machine, file, "scsi-hd", "fixed", bus="scsi0.0", scsi_id=20, serial="FIXED0001")
    assert "is not removable" in burn(machine, device, answer="yes\\n")
    console.output(f"echo ,,fd | sfdisk --quiet {device} && udevadm settle && "
                   f"mdadm --create /dev/md77 --run --level=1 --raid-devices=2 --metadata=1.2 {device}1 missing && udevadm settle && "
                   "while grep -q ^md77 /proc/mdstat; do mdadm --stop /dev/md77; udevadm settle; done", 60)  # udev may start it again
    assert "is a partition" in burn(machine, f"{device}1", answer="yes\\n")
    assert "is a member of the RAID array" in burn(machine, device, answer="yes\\n")
    assert "read back and compared" in burn(machine, device, "--serial FIXED0001", status=0)


def test_drive(lab):
    """A drive that only reads, as a real SCSI drive: named, its disc refused, refused while it is mounted or held; without a disc it says so."""
    machine, made = prepare(lab)
    console = machine.console
    console.output("modprobe -a sr_mod isofs")
    device = plug(machine, made.file, "scsi-cd", "cd", bus="scsi0.0", scsi_id=21)
    said = burn(machine, device, answer="yes\\n")
    assert "QEMU" in said and "can only be read" in said, said
    console.output(f"mkdir -p /run/disc && mount -o ro {device} /run/disc")
    assert "is mounted or swapped on" in burn(machine, device, answer="yes\\n")
    console.output("umount /run/disc")
    # O_EXCL and O_NONBLOCK, as another burning program holds it
    console.output(f"perl -e 'sysopen(F, \"{device}\", 0200 | 04000) or die; open(G, \">/run/held\"); print G $$; close(G); sleep 300' & "
                   "until [ -s /run/held ]; do sleep 0.1; done")
    assert "busy" in burn(machine, device, answer="yes\\n")
    console.output("kill $(cat /run/held); while [ -e /proc/$(cat /run/held) ]; do sleep 0.1; done")
    machine.qmp.command("blockdev-open-tray", id="cd", force=True)
    machine.qmp.command("blockdev-remove-medium", id="cd")
    machine.qmp.command("blockdev-close-tray", id="cd")
    assert "no disc" in burn(machine, device, answer="yes\\n")
