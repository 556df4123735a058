# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian 12 as one tar file, its kernel, and the initramfs of the installer guest.

mmdebstrap takes the packages from the sources the host itself uses, so that no address stands in here.
"""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from . import cache, processes, settings

CODENAME = "bookworm"
TAR = "root.tar"
KERNEL = "vmlinuz"
INSTALLER = "installer.img"
PARTS = ("packages.txt", "left-out.txt", "rootfs-setup", "installer-init", "installer-modules.txt", "installer-tools.txt")
LIMIT = 1800


class RootfsError(Exception):
    """Debian could not be unpacked."""


def host_sources():
    """One-line sources for mmdebstrap: those of this host that carry Debian 12's main component."""
    form = "$(REPO_URI) $(RELEASE) $(COMPONENT) $(TRUSTED)"
    out = subprocess.run(
        ["apt-get", "indextargets", "--format", form, "Identifier: Packages"],
        capture_output=True, text=True, check=True).stdout
    wanted = {CODENAME, f"{CODENAME}-updates", f"{CODENAME}-security"}
    sources = []
    for line in out.splitlines():
        uri, release, component = line.split()[:3]
        entry = f"deb {uri} {release} {component}"
        if release in wanted and component == "main" and entry not in sources:
            sources.append(entry)
    if not any(entry.split()[2] == CODENAME for entry in sources):
        raise RootfsError(f"the lab is made of Debian 12, but apt on this host has no source for {CODENAME} main")
    return sources


def host_apt_options():
    """What apt needs on this host to reach its sources (proxies), to be used for the new root too."""
    out = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True).stdout
    return re.findall(r'^Acquire::https?::Proxy\b.*"[^"]+";$', out, re.M)


def key():
    """The digest of all that decides what the root is."""
    code = [Path(__file__), Path(__file__).with_name("initramfs.py")]
    return cache.digest(*code, *(settings.DATA / name for name in PARTS))


def make(folder):
    """Fills `folder` with root.tar, vmlinuz and installer.img."""
    hook = shlex.join([sys.executable, "-m", "lab.initramfs"]) + f' "$1" {shlex.quote(str(folder))}'
    argv = ["mmdebstrap", "--variant=minbase", "--mode=root", f"--include={','.join(settings.words(settings.DATA / 'packages.txt'))}"]
    argv += [f"--dpkgopt=path-exclude={pattern}" for pattern in settings.words(settings.DATA / "left-out.txt")]
    argv += ["--dpkgopt=force-unsafe-io"]
    argv += [f"--aptopt={option}" for option in host_apt_options()]
    argv += ["--essential-hook=echo 'grub-pc grub-pc/install_devices_empty boolean true' | chroot \"$1\" debconf-set-selections"]
    argv += [f"--customize-hook={settings.DATA / 'rootfs-setup'}", f"--customize-hook={hook}"]
    argv += [CODENAME, str(folder / TAR)] + host_sources()
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


def obtain(report=print):
    """The folder with Debian 12, made when it is not in the cache."""
    return cache.obtain("rootfs", key(), make, report)
