# SPDX-License-Identifier: GPL-3.0-or-later
"""One QEMU process: its firmware, disks, boot medium, serial line and monitor."""

import dataclasses
import shlex
import shutil
import subprocess
import time
from pathlib import Path

from . import disks as disk_files
from . import processes, settings
from .buses import BUSES
from .console import Console
from .qmp import Qmp, QmpError

FIRMWARE_FOLDER = Path("/usr/share/OVMF")
FIRMWARES = {
    "bios": None,
    "uefi": ("OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd"),
    "secure-boot": ("OVMF_CODE_4M.secboot.fd", "OVMF_VARS_4M.ms.fd"),
}
SHARE_TAG = "lab"
ALL = "all"  # disks


class MachineError(Exception):
    """A machine could not be started or stopped."""


@dataclasses.dataclass(frozen=True)
class Medium:
    """What is booted instead of the disks: an image as "cd" or as "usb" stick."""

    kind: str
    image: Path


class Machine:
    """A virtual machine; `name` is for messages and log files.

    `folder` is its own and takes sockets and layers; `logs` (the same folder unless given) takes what it says. `bus`: "scsi", "sata", "nvme",
    "virtio". `boot_disk`: slot of the only disk the firmware may start from; None for no disk; ALL for each disk in order (a UEFI firmware
    forgets the boot entries of other disks). `variables`: a file with the firmware's variables as they are at the start.
    """

    def __init__(self, name, folder, disks, *, logs=None, firmware="bios", medium=None, memory=1024, processors=1, share=None,
                 kernel=None, initrd=None, append="", extra_drives=(), incoming=None, boot_disk=0, display="none", clock=None,
                 logged=False, bus="scsi", variables=None):
        self.name, self.folder, self.disks = name, Path(folder), list(disks)
        self.logs = Path(logs) if logs else self.folder
        self.firmware, self.medium, self.memory, self.processors = firmware, medium, memory, processors
        self.share, self.kernel, self.initrd, self.append = share, kernel, initrd, append
        self.extra_drives, self.incoming, self.boot_disk = list(extra_drives), incoming, boot_disk
        self.display, self.clock, self.logged, self.bus = display, clock, logged, bus
        self.first_variables = variables  # where a machine started for the first time gets its own from
        self.process = self.console = self.qmp = None
        self.starts = 0

    # -- the command line ---------------------------------------------------------------------------------------

    def _firmware_arguments(self):
        files = FIRMWARES[self.firmware]
        if files is None:
            return ["-machine", "pc"]
        arguments = ["-machine", "q35,smm=on" if self.firmware == "secure-boot" else "q35"]
        if self.firmware == "secure-boot":
            arguments += ["-global", "driver=cfi.pflash01,property=secure,value=on", "-global", "ICH9-LPC.disable_s3=1"]
        return arguments + ["-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={FIRMWARE_FOLDER / files[0]}",
                            "-drive", f"if=pflash,unit=1,format=raw,file={self.variables()}"]

    def variables(self):
        """The file in which the firmware keeps its variables (UEFI only)."""
        return self.folder / "firmware-variables.fd"

    def _device(self, slot, disk):
        """The device of a disk: in the same place whatever other disks there are."""
        bus, address = BUSES[self.bus], 0x10 + slot
        device = bus.device.format(slot=slot, address=f"{address:#x}", port=slot + 1) + f",id=slot{slot},drive=disk{slot}" + disk.properties(bus)
        if self.boot_disk in (slot, ALL):
            device += f",bootindex={1 + (slot if self.boot_disk == ALL else 0)}"
        return device

    def _disk_arguments(self):
        arguments = ["-device", BUSES[self.bus].controller] if BUSES[self.bus].controller else []
        for slot, disk in enumerate(self.disks):
            if disk is None:
                continue
            arguments += disk.drive(f"disk{slot}", self.write_log(slot) if self.logged else None)
            arguments += ["-device", self._device(slot, disk)]
        for number, file in enumerate(self.extra_drives):
            arguments += ["-drive", f"if=none,id=extra{number},format=raw,readonly=on,file={file}",
                          "-device", f"virtio-blk-pci,drive=extra{number},serial=extra{number}"]
        return arguments

    def _medium_arguments(self):
        if self.medium is None:
            return []
        image = f"if=none,id=medium,format=raw,readonly=on,file={self.medium.image}"
        first = "" if self.kernel else ",bootindex=0"  # a kernel that is started directly takes this place itself
        if self.medium.kind == "cd":
            return ["-drive", image + ",media=cdrom", "-device", f"ide-cd,id=medium-device,drive=medium,bus=ide.0{first}"]
        return ["-device", "qemu-xhci", "-drive", image, "-device", f"usb-storage,id=medium-device,drive=medium,removable=on{first}"]

    def write_log(self, slot):
        """The log of all writes to the disk in a slot since the machine was last started (made where `logged` is set; see writelog.py)."""
        return self.folder / f"writes-{self.starts}-disk{slot + 1}.log"

    def arguments(self):
        """QEMU's command line."""
        arguments = ["qemu-system-x86_64", "-name", self.name, "-accel", "tcg", "-nodefaults", "-no-user-config"]
        arguments += self._firmware_arguments()
        arguments += ["-m", str(self.memory), "-smp", str(self.processors), "-nic", "none", "-no-reboot"]
        arguments += ["-display", self.display, "-vga", "std", "-boot", "strict=on"]
        arguments += ["-chardev", f"pipe,id=serial,path={self.folder / 'serial'}", "-serial", "chardev:serial"]
        arguments += ["-qmp", f"unix:{self.folder / 'qmp'},server=on,wait=off"]
        arguments += ["-rtc", f"base={self.clock}"] if self.clock else []
        arguments += self._disk_arguments() + self._medium_arguments()
        if self.share:
            arguments += ["-virtfs", f"local,path={self.share},mount_tag={SHARE_TAG},security_model=none,id=share"]
        if self.kernel:
            arguments += ["-kernel", str(self.kernel), "-initrd", str(self.initrd), "-append", self.append]
        if self.incoming:
            arguments += ["-incoming", f"exec:cat {shlex.quote(str(self.incoming))}"]
        return arguments

    # -- life ---------------------------------------------------------------------------------------------------

    def start(self):
        """Switches the machine on (or resumes it, when it has a frozen state)."""
        if self.process:
            raise MachineError(f"{self.name} is running already")
        self.starts += 1
        for folder in (self.folder, self.logs):
            folder.mkdir(parents=True, exist_ok=True)
        if (files := FIRMWARES[self.firmware]) and not self.variables().exists():
            shutil.copy(self.first_variables or FIRMWARE_FOLDER / files[1], self.variables())  # a machine writes to its own
        for name in ("serial.in", "serial.out", "qmp"):
            (self.folder / name).unlink(missing_ok=True)
        self.console = Console(self._log("serial"), self.folder / "serial.in", self.alive)
        (self.folder / "serial.out").symlink_to(self.console.log)  # QEMU's "pipe" writes to any file
        for slot in range(len(self.disks) if self.logged else 0):
            self.write_log(slot).touch()  # QEMU makes none
        with open(self._log("qemu"), "wb") as errors:
            self.process = processes.start(self.arguments(), stdout=errors, stderr=errors)
        try:
            self.qmp = Qmp(self.folder / "qmp", self.alive)
            if self.incoming:
                self._wait_migrated("paused", "postmigrate", "running")
                self.incoming = None
                self.qmp.command("cont")
        except (QmpError, OSError) as error:
            self.kill()
            said = self._log("qemu").read_text(errors="replace").strip()[-1500:]
            raise MachineError(f"{self.name}: {error}\n{said}") from error
        return self

    def _wait_migrated(self, *states):
        deadline = time.monotonic() + settings.patience(120)
        while self.qmp.command("query-status")["status"] not in states:
            if time.monotonic() > deadline or not self.alive():
                raise QmpError("the frozen state could not be loaded or saved")
            time.sleep(0.02)

    def _log(self, what):
        number = f"-{self.starts}" if self.starts > 1 else ""
        return self.logs / f"{self.name}{number}.{what}.log"

    def alive(self):
        """Whether the QEMU process runs."""
        return self.process is not None and self.process.poll() is None

    def wait_off(self, seconds=120):
        """Waits until the machine has switched itself off."""
        try:
            self.process.wait(settings.patience(seconds))
        except subprocess.TimeoutExpired:
            raise MachineError(f"{self.name} did not switch off within {settings.patience(seconds):.0f} s\n{self.console.tail()}") from None
        self._forget()

    def wants_restart(self):
        """Whether the machine, which has ended by itself, wanted to start again (QEMU's -no-reboot ends it then)."""
        try:
            reason = self.qmp.event("SHUTDOWN").get("reason")
        except QmpError:
            reason = ""
        self.wait_off()
        return reason == "guest-reset"

    def power_off(self, seconds=180):
        """Shuts the installed system down from its root prompt and waits until the machine is off."""
        self.console.line("systemctl poweroff")
        self.wait_off(seconds)

    def cut(self):
        """Takes the power away (what QEMU's page cache holds is not lost by that)."""
        self.kill()

    def kill(self):
        """Ends the QEMU process, if there is one."""
        if self.process:
            processes.end(self.process)
        self._forget()

    def _forget(self):
        if self.process:
            processes.ended(self.process)
        if self.qmp:
            self.qmp.close()
        if self.console:
            self.console.close()
        self.process = self.qmp = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    # -- what tests do with it ----------------------------------------------------------------------------------

    def freeze(self, state):
        """Writes the state of the running machine to a file and ends it; its disks must not change afterwards."""
        self.qmp.command("stop")
        self.qmp.command("migrate-set-parameters", max_bandwidth=1 << 40)
        self.qmp.command("migrate", uri=f"exec:cat > {shlex.quote(str(state))}")
        deadline = time.monotonic() + settings.patience(120)
        while (answer := self.qmp.command("query-migrate")).get("status") != "completed":
            if answer.get("status") in ("failed", "cancelled") or time.monotonic() > deadline:
                raise MachineError(f"{self.name} could not be frozen: {answer}")
            time.sleep(0.05)
        self.qmp.command("quit")
        self.wait_off(30)

    def screendump(self, file):
        """Keeps what the screen shows as a PNG file."""
        self.qmp.command("screendump", filename=str(file), format="png")

    def unplug(self, slot):
        """Takes the disk in a slot out of the running machine."""
        self.qmp.command("device_del", id=f"slot{slot}")
        while self.qmp.event("DEVICE_DELETED").get("device") != f"slot{slot}":
            pass
        self.disks[slot] = None

    def take_medium_out(self):
        """Takes the medium out of the running machine, whose system must have let go of it: a drive with a closed lock is an error."""
        if self.medium.kind == "usb":
            self.qmp.command("device_del", id="medium-device")
            while self.qmp.event("DEVICE_DELETED").get("device") != "medium-device":
                pass
        else:
            self.qmp.command("eject", id="medium-device")
        self.medium = None

    def replace_disk(self, slot, size=None, serial=None, fill=None, **properties):
        """Puts another disk into a slot of the machine, which must be off; returns it.

        It is blank, or `fill(file)` writes its content; it has the size and the sectors of the one that was there and no world wide name, and
        the other properties that are given.
        """
        before = self.disks[slot] if slot < len(self.disks) else None
        size = size or before.size
        if before:
            properties = {"logical_sector": before.logical_sector, "physical_sector": before.physical_sector, **properties}
        serial = f"NEW{slot + 1:05d}" if serial is None else serial
        file = self.folder / f"replacement-{slot}-{self.starts}.img"
        new = disk_files.prepared(file, size, serial, fill) if fill else disk_files.blank(file, size, serial)
        return self.insert(slot, dataclasses.replace(new, **properties))

    def insert(self, slot, disk):
        """Puts a disk into a slot (there is always one more) of the machine, which must be off; returns it."""
        if self.alive():
            raise MachineError("disks are changed while the machine is off")
        self.disks += [None] * (slot + 1 - len(self.disks))
        self.disks[slot] = disk
        return disk

    def remove(self, slot):
        """Takes the disk out of a slot of the machine, which must be off; returns it."""
        disk = self.disks[slot]
        self.insert(slot, None)
        return disk
