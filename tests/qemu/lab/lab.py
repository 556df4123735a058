# SPDX-License-Identifier: GPL-3.0-or-later
"""What a test asks for: machines, running or switched off, each a private copy of one that was made once."""

import dataclasses
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Optional

from . import cache, installer, layouts, rootfs
from .disks import ZEROES
from .layouts import planned_disks
from .machine import SHARE_TAG, Machine

STATE, VARIABLES = "state", "firmware-variables.fd"  # of a frozen machine, in its folder


class Skip(Exception):
    """A test that cannot be run here says why."""


@dataclasses.dataclass(frozen=True)
class Frozen:
    """An installed machine, stopped at its root prompt: disks that must not change, the state of the rest (None: it is switched off), and
    its firmware's variables (None for a BIOS)."""

    layout: layouts.Layout
    disks: tuple
    state: Optional[Path]
    variables: Optional[Path]


def frozen(name, report=print):
    """The frozen machine of a layout by name; made when it is not in the cache (takes minutes)."""
    layout = layouts.LAYOUTS[name]
    debian = rootfs.obtain(layout.release, report)
    # a frozen state can only be resumed by the same QEMU with the same devices: its command line is part of the key
    qemu = subprocess.run(["qemu-system-x86_64", "--version"], capture_output=True, text=True, check=True).stdout
    example = installer.installed_machine(layout, planned_disks(layout, Path("disks")), Path("folder"), Path("share"))
    devices = [argument.replace(ZEROES, "") for argument in example.arguments()]  # how zeros are stored the machine cannot know
    key = cache.digest(rootfs.key(layout.release), layout.data(), Path(installer.__file__), installer.MENU, devices, qemu)

    def make(folder):
        def say(line):
            report(f"{name}:{line}")
            with open(folder / "timings.log", "a") as log:
                log.write(line.strip() + "\n")
        variables = installer.first_boot(layout, installer.install(layout, debian, folder, say), folder / "first", folder / STATE, say)
        if variables:
            shutil.copy(variables, folder / VARIABLES)
        shutil.rmtree(folder / "install", ignore_errors=True)
        shutil.rmtree(folder / "first", ignore_errors=True)

    folder = cache.obtain(f"machine-{name}", key, make, report)
    return Frozen(layout, tuple(planned_disks(layout, folder)), *(folder / name if (folder / name).exists() else None for name in (STATE, VARIABLES)))


class Run:
    """What the tests of one run share: options, a work folder, and things made once for several tests."""

    def __init__(self, work, artifacts, package=None, report=print):
        self.work, self.artifacts, self.package, self.report = Path(work), Path(artifacts), package, report
        self._lock = threading.Lock()
        self._shared = {}  # key -> [lock, made?, result or error]

    def once(self, key, make):
        """The result of `make()`, called by the first test that asks for this key; its failure is everyone's."""
        with self._lock:
            entry = self._shared.setdefault(key, [threading.Lock(), None, None])
        with entry[0]:
            if entry[1] is None:
                try:
                    entry[1:] = ["made", make()]
                except Exception as error:  # kept, and told to every test that needs it
                    entry[1:] = ["failed", error]
        if entry[1] == "failed":
            raise entry[2]
        return entry[2]


class Lab:
    """The lab as one test (or one shared making) sees it: its own folders, its own machines."""

    def __init__(self, run, name):
        self.run = run
        self.name = name
        self.work = Path(tempfile.mkdtemp(dir=run.work))  # a socket's path is at most 107 bytes long (unix(7))
        self.logs = run.artifacts / name
        shutil.rmtree(self.logs, ignore_errors=True)
        self.logs.mkdir(parents=True)
        self.machines = []

    def package(self):
        """The program as a Debian package; skips the test when none was given."""
        if not self.run.package:
            raise Skip("no package of the program was given (--package)")
        return self.run.package

    def shared(self, name, make):
        """`make(lab)` with a lab of its own, once in the run; its artifacts stand under `name`."""
        def with_own_lab():
            own = Lab(self.run, name)
            try:
                return make(own)
            finally:
                own.stop(keep_files=True)
        return self.run.once(name, with_own_lab)

    def layers(self, disks):
        """New copy-on-write layers over disks that do not change any more."""
        folder = Path(tempfile.mkdtemp(prefix="disks-", dir=self.work))
        return [disk and disk.layer(folder / f"disk{slot + 1}.qcow2") for slot, disk in enumerate(disks)]

    def machine(self, name, disks, **options):
        """A machine that is not switched on yet, on layers of its own."""
        folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.work))
        machine = Machine(name, folder, self.layers(disks), logs=self.logs, **options)
        self.machines.append(machine)
        return machine

    def bench(self, name, disks, **options):
        """A running machine with these disks and no system of its own: the installer's, at its root prompt."""
        debian = rootfs.obtain(rootfs.HOST, self.run.report)
        machine = self.machine(name, disks, kernel=debian / rootfs.KERNEL, initrd=debian / rootfs.INSTALLER,
                               append="console=ttyS0,115200 rdinit=/init no_timer_check", boot_disk=None, **options)
        machine.start()
        machine.console.wait(r"bash-\d\.\d+# ")
        machine.console.take_prompt()
        return machine

    def frozen(self, layout):
        """The layout's machine as it was made once."""
        return self.run.once(f"frozen {layout}", lambda: frozen(layout, self.run.report))

    def victim(self, layout):
        """A running copy of the layout's machine, at its root prompt. Its `share` folder can be mounted (see `mount_share`)."""
        once = self.frozen(layout)
        share = Path(tempfile.mkdtemp(prefix="share-", dir=self.work))
        folder = Path(tempfile.mkdtemp(prefix="victim-", dir=self.work))
        machine = installer.installed_machine(once.layout, self.layers(once.disks), folder, share, logs=self.logs, incoming=once.state,
                                              variables=once.variables)
        self.machines.append(machine)
        machine.start()
        if once.state:
            machine.console.run("true", 60)
        else:
            installer.wait_for_prompt(machine, once.layout, 600)
        return machine

    def switched_off(self, layout):
        """The layout's disks after a clean shutdown (to be used through `machine`, which puts layers over them)."""
        if not (once := self.frozen(layout)).state:
            return list(once.disks)

        def make(lab):
            machine = lab.victim(layout)
            machine.power_off()
            return machine.disks
        return self.shared(f"switched-off-{layout}", make)

    def stop(self, keep_files=False):
        """Ends what still runs, and removes the work folder unless others go on using it."""
        for machine in self.machines:
            machine.kill()
        if not keep_files:
            shutil.rmtree(self.work, ignore_errors=True)


def mount_share(machine, place="/mnt"):
    """Mounts the host folder `machine.share` in the guest. A machine cannot be frozen while it is mounted."""
    machine.console.output(f"mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000 {SHARE_TAG} {place}")
