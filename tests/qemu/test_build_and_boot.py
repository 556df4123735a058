# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine makes its own rescue image, and the image boots."""

import json
import mmap
import re
import shutil
import struct
import subprocess

import program
import recovered
from lab.layouts import LAYOUTS
from lab.machine import Medium
from lab.runner import case, cases

NEW, OLD = "linux-journal-1.2", "linux-journal-0.90"

# Everything a restored /boot has to have again: digests of files; kind, mode, owner, time, target of all.
DIGESTS = "cd {place} && find . -type f -print0 | sort -z | xargs -0 sha256sum"
STATES = ("cd {place} && find . -mindepth 1 \\( -type d -printf '%y %m %U:%G %T@ %p\\n' \\) -o -printf '%y %m %U:%G %T@ %s %p %l\\n' "
          "| sed 's/\\.[0-9]* \\([^ ]*\\)/ \\1/' | sort")  # times in whole seconds, which is all an ISO 9660 image has
# What a command changed on the machine's own filesystems since the mark was made, but for the documented cache and that a temporary
# directory came and went. /run and /mnt are other filesystems.
CHANGED = ("find / /boot /home -xdev -newercc /run/mark ! -path '/var/log/*' ! -path '/var/lib/mdrescue*' "
           "! -path '/var/cache/mdrescue*' ! -path /var/cache ! -path /tmp ! -path /run ! -path /mnt ! -path /root/bootcd.iso ! -path /root ! -path /var/lib -print 2>/dev/null | sort -u")


@cases(case("1.2", NEW), case("0.90", OLD))
def test_build(lab, layout):
    """Inside the machine: probe knows it, build makes an image (the same bytes as another build elsewhere) as small as promised,
    /boot on it is the machine's own in every respect, inspect and verify agree, an existing output is refused, nothing else changes."""
    package, plan = lab.package(), LAYOUTS[layout]
    machine = lab.victim(layout)
    console = machine.console
    program.install(machine, package)
    console.output("touch /run/mark; until [ $(date +%s) -gt $(stat -c %Z /run/mark) ]; do sleep 0.1; done")

    _, said = console.run("mdrescue probe --json >/run/probe.json 2>/run/probe.err; status=$?; cat /run/probe.err; (exit $status)", 120)
    console.output("cp /run/probe.json /mnt/probe.json")  # the serial line would take minutes
    profile = (machine.share / "probe.json").read_text()
    (lab.logs / "machine.json").write_text(profile)
    known = json.dumps(json.loads(profile))
    for disk in plan.disks:
        assert disk.serial in known, f"probe does not know disk {disk.serial}: {said}"
    for array in ("md0", "md1"):
        uuid = console.output(f"mdadm --detail --export /dev/{array} | sed -n s/MD_UUID=//p").strip()
        assert uuid.replace(":", "") in known.replace(":", "").replace("-", ""), f"probe does not know {array} ({uuid})"

    seconds, said = program.build(machine)
    (lab.logs / "build.txt").write_text(f"{said}\n{seconds:.0f} s in an emulated machine\n")
    assert console.output(CHANGED).split() == [], f"build changed more than its output: {console.output(CHANGED)}"
    assert console.output("stat -c %a /root/bootcd.iso").strip() == "600"
    own = console.output("sha256sum /root/bootcd.iso", 120).split()[0]

    status, said = console.run("mdrescue build -o /root/bootcd.iso", 300, check=False)
    assert status == 1, f"an existing output was not refused: status {status}: {said}"
    assert console.output("sha256sum /root/bootcd.iso", 120).split()[0] == own, "the refused build changed the image"

    console.output("mkdir -p /run/image && mount -o loop,ro /root/bootcd.iso /run/image", 60)
    for what in (DIGESTS, STATES):
        theirs, ours = (console.output(what.format(place=place), 120) for place in ("/boot", "/run/image/boot"))
        theirs = "\n".join(line for line in theirs.splitlines() if "lost+found" not in line)
        ours = "\n".join(line for line in ours.splitlines() if "lost+found" not in line)
        assert theirs == ours, difference(theirs, ours)
    console.output("umount /run/image")
    for command in ("inspect", "verify"):
        (lab.logs / f"{command}.txt").write_text(console.output(f"mdrescue {command} /root/bootcd.iso", 240))
    console.output("mdrescue inspect --json /root/bootcd.iso >/mnt/inspect.json", 60)
    is_small(json.loads((machine.share / "inspect.json").read_text()))

    other = program.sha256(program.image(lab, layout).file)
    assert own == other, f"two builds of the same machine differ: {own} and {other}"


def is_small(told):
    """The sizes promised for a generic Debian kernel; firmware files, which are not counted, are not installed in the lab."""
    files = {file["path"]: file["bytes"] for file in told["files"]}
    snapshots = sum(size for path, size in files.items() if path.startswith(("boot/", "mdrescue/esp/")))
    assert files["mdrescue/initramfs"] <= 24_000_000, files["mdrescue/initramfs"]
    assert told["bytes"] - snapshots <= 36_000_000, f"{told['bytes']} bytes, of which {snapshots} are snapshots"


def difference(theirs, ours):
    """The first lines in which /boot and its copy differ."""
    theirs, ours = theirs.splitlines(), ours.splitlines()
    missing = [line for line in theirs if line not in ours][:5]
    extra = [line for line in ours if line not in theirs][:5]
    return f"/boot on the image differs; only in the machine: {missing}; only on the image: {extra}"


@cases(case("bios-cd.1.2", NEW, "cd", "bios"), case("bios-usb.1.2", NEW, "usb", "bios"),
       case("uefi-cd.1.2", NEW, "cd", "uefi"), case("uefi-usb.1.2", NEW, "usb", "uefi"),
       case("secure-boot-cd.1.2", NEW, "cd", "secure-boot"), case("secure-boot-usb.1.2", NEW, "usb", "secure-boot", thorough=True),
       case("bios-cd.0.90", OLD, "cd", "bios"),
       case("bios-usb.0.90", OLD, "usb", "bios", thorough=True), case("uefi-cd.0.90", OLD, "cd", "uefi", thorough=True),
       case("uefi-usb.0.90", OLD, "usb", "uefi", thorough=True),
       case("secure-boot-cd.0.90", OLD, "cd", "secure-boot", thorough=True))
def test_boot(lab, layout, kind, firmware):
    """The image boots to the agent's screen, which shows the machine's arrays complete. No disk was written."""
    machine = program.boot(lab, program.image(lab, layout), kind, firmware, logged=True)
    program.agent_screen(machine, program.array_row("md0", "UUUUU"), program.array_row("md1", "UUUUUU"))
    machine.screendump(lab.logs / "agent.png")
    recovered.nothing_written(machine)


@cases(case("1.2", NEW, thorough=True))
def test_unsigned_kernel(lab, layout):
    """With Secure Boot on, the same image does not start once the signature of its kernel is taken off: that it starts with it means something."""
    made = program.image(lab, layout)
    image = lab.work / "unsigned.iso"
    shutil.copyfile(made.file, image)
    take_off_signature(image)
    machine = lab.machine("rescue", made.disks, firmware="secure-boot", medium=Medium("cd", image), boot_disk=None)
    program.start(machine)
    machine.console.wait(program.KERNEL_REFUSED, 120, failure=program.READY)


def take_off_signature(image):
    """Empties the entry of the certificate table in the kernel's header (PE format, "Optional Header Data Directories"), where it lies in an image."""
    name = re.search(r"^boot/vmlinuz-.*$", subprocess.run(["bsdtar", "-tf", str(image)], check=True, capture_output=True, text=True).stdout, re.M)
    kernel = subprocess.run(["bsdtar", "-xOf", str(image), name.group(0)], check=True, capture_output=True).stdout
    optional_header = struct.unpack_from("<I", kernel, 0x3C)[0] + 24
    entry = optional_header + 112 + 4 * 8
    assert kernel[optional_header:optional_header + 2] == b"\x0b\x02" and kernel[entry:entry + 8].strip(b"\0"), "the kernel is not signed"
    with open(image, "r+b") as file, mmap.mmap(file.fileno(), 0) as data:
        at = data.find(kernel[:4096])
        assert at > 0 and data.find(kernel[:4096], at + 1) < 0
        data[at + entry:at + entry + 8] = bytes(8)


@cases(case("1.2", NEW), case("0.90", OLD, thorough=True))
def test_boot_without_first_disk(lab, layout):
    """With disk 1 replaced by a blank one the agent names the missing disk by its serial and shows md1 degraded.
    No disk was written."""
    made = program.image(lab, layout)
    machine = program.boot(lab, made, "cd", "bios", prepare=lambda off: off.replace_disk(0, serial="BLANK001"), logged=True)
    program.agent_screen(machine, program.array_row("md0", "UUUUU"), program.array_row("md1", "_UUUUU"),
                         program.missing_row(LAYOUTS[layout].disks[0].serial))
    machine.screendump(lab.logs / "agent.png")
    recovered.nothing_written(machine)
