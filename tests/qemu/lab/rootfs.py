# SPDX-License-Identifier: GPL-3.0-or-later
"""A release of Debian as one tar file, its kernel, and the initramfs of the installer guest.

mmdebstrap takes the packages from the sources the host itself uses, so that no address stands in here.
"""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from . import cache, processes, settings

HOST = "bookworm"  # the release of the host
TAR = "root.tar"
KERNEL = "vmlinuz"
INSTALLER = "installer.img"
PARTS = ("packages.txt", "left-out.txt", "rootfs-setup", "installer-init", "installer-modules.txt", "installer-tools.txt")
LIMIT = 1800


class RootfsError(Exception):
    """Debian could not be unpacked."""


def sources(release):
    """One-line sources for mmdebstrap: those of this host for its own release's main component, with the name of the wanted one instead."""
    form = "$(REPO_URI) $(RELEASE) $(COMPONENT) $(TRUSTED)"
    out = subprocess.run(
        ["apt-get", "indextargets", "--format", form, "Identifier: Packages"],
        capture_output=True, text=True, check=True).stdout
    found = []
    for line in out.splitlines():
        uri, suite, component = line.split()[:3]
        entry = f"deb {uri} {suite.replace(HOST, release, 1)} {component}"
        if suite in (HOST, f"{HOST}-updates", f"{HOST}-security") and component == "main" and entry not in found:
            found.append(entry)
    if not any(entry.split()[2] == release for entry in found):
        raise RootfsError(f"the lab's Debian comes from where this host's does, but apt here has no source for {HOST} main")
    return found


def host_apt_options():
    """What apt needs on this host to reach its sources (proxies), to be used for the new root too."""
    out = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True).stdout
    return re.findall(r'^Acquire::https?::Proxy\b.*"[^"]+";$', out, re.M)


def key(release):
    """The digest of all that decides what the root is."""
    code = [Path(__file__), Path(__file__).with_name("initramfs.py")]
    return cache.digest(release, *code, *(settings.DATA / name for name in PARTS))


def make(release, folder):
    """Fills `folder` with root.tar, vmlinuz and installer.img."""
    hook = shlex.join([sys.executable, "-m", "lab.initramfs"]) + f' "$1" {shlex.quote(str(folder))}'
    argv = ["mmdebstrap", "--variant=minbase", "--mode=root", f"--include={','.join(settings.words(settings.DATA / 'packages.txt'))}"]
    argv += [f"--dpkgopt=path-exclude={pattern}" for pattern in settings.words(settings.DATA / "left-out.txt")]
    argv += ["--dpkgopt=force-unsafe-io"]
    argv += [f"--aptopt={option}" for option in host_apt_options()]
    argv += ["--essential-hook=echo 'grub-pc grub-pc/install_devices_empty boolean true' | chroot \"$1\" debconf-set-selections"]
    argv += [f"--customize-hook={settings.DATA / 'rootfs-setup'}", f"--customize-hook={hook}"]
    argv += [release, str(folder / TAR)] + sources(release)
    environment = dict(os.environ, PYTHONPATH=str(Path(__file__).resolve().parents[1]), PYTHONDONTWRITEBYTECODE="1",
                       DEBIAN_FRONTEND="noninteractive", LC_ALL="C.UTF-8")
    log = folder / "mmdebstrap.log"
    with open(log, "wb") as output:
        process = processes.start(argv, "TERM", stdout=output, stderr=output, env=environment)
        try:
            status = process.wait(settings.patience(LIMIT))
        finally:
            processes.end(process, 60)
    if status:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise RootfsError(f"mmdebstrap ended with status {status}:\n{tail}")


def obtain(release, report=print):
    """The folder with a release of Debian, made when it is not in the cache."""
    return cache.obtain(f"rootfs-{release}", key(release), lambda folder: make(release, folder), report)
