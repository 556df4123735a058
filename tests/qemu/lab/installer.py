# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the machine of a layout: real md arrays, filesystems and boot loader on blank disks.

An installer guest (the machine's own kernel with a small initramfs) is driven over its serial line, so that every
command and its output stands in one log. After that the machine is booted once from its own disks.
"""

import hashlib
import shlex
import time
from string import Template

from . import settings
from .disks import MIB, make_blank
from .layouts import planned_disks
from .machine import ALL, Machine

TARGET = "/target"
MENU = settings.DATA / "grub.cfg"
NO_UDEV = "DM_DISABLE_UDEV=1"  # the installer guest has none: device mapper makes its nodes itself
PROMPT = r"root@{hostname}:~# "


class Installer:
    """One installation, on a running installer guest."""

    def __init__(self, layout, console):
        self.layout, self.console = layout, console
        self.names = {}  # slot -> kernel name of the disk in this boot

    def run(self, command, seconds=120):
        """A command in the installer guest; an error ends the installation."""
        return self.console.output(command, seconds)

    def write(self, path, text):
        """Writes a small file of the installed system."""
        self.run(f"cat >{TARGET}{path} <<'END-OF-FILE'\n{text.rstrip()}\nEND-OF-FILE")

    def device(self, where):
        """The device node of "md<number>", "mapper/<name>" or (slot, partition number)."""
        if isinstance(where, str):
            return f"/dev/{where}"
        slot, number = where
        return partition_node(self.names[slot], number) if number else f"/dev/{self.names[slot]}"

    # -- steps --------------------------------------------------------------------------------------------------

    def find_disks(self):
        """Which kernel name each disk has: by its serial, since names move."""
        by_serial = self.disk_names()
        self.names = {slot: by_serial[disk.serial] for slot, disk in enumerate(self.layout.disks) if disk.serial in by_serial}
        if len(self.names) != len(self.layout.disks):
            raise RuntimeError(f"{len(self.layout.disks)} disks expected, found {by_serial}")

    def disk_names(self):
        """Serial -> kernel name of every disk that has a serial."""
        listing = self.run("cd /sys/block; for d in sd* nvme* vd*; do for f in $d/serial $d/device/serial; do "
                           "[ -e $f ] && echo $d $(cat $f) && continue 2; done; "
                           "[ -e $d/device/vpd_pg80 ] && echo $d $(busybox tail -c +5 $d/device/vpd_pg80); done; true")
        return {serial: name for name, serial in (line.split(maxsplit=1) for line in listing.splitlines() if " " in line)}

    def partition(self):
        """Partition tables."""
        for slot, disk in enumerate(self.layout.disks):
            if disk.table:
                TABLES[disk.table](self, slot, disk)

    def create_arrays(self):
        """Arrays; the disks are all zeros, so their parity is right from the start (--assume-clean)."""
        for array in self.layout.arrays:
            members = " ".join(self.device(member) for member in array.members + array.spares)
            options = f"--chunk={array.chunk_kib} " if array.chunk_kib else ""
            options += "--bitmap=internal --bitmap-chunk=4M " if array.bitmap else ""  # by default so large that a small array has few
            options += f"--write-journal={self.device(array.journal[0])} " if array.journal else ""
            options += f"--spare-devices={len(array.spares)} " if array.spares else ""
            options += "--assume-clean " if array.level != "0" else ""
            self.run(f"mdadm --create /dev/md{array.number} --uuid={self.layout.identity(f'md{array.number}')} --run --level={array.level} "
                     f"{options}--metadata={array.metadata} --homehost={self.layout.hostname} "
                     f"--raid-devices={len(array.members)} {members}")
            if array.level in ("4", "5", "6"):
                self.run(f"echo 4096 >/sys/block/md{array.number}/md/stripe_cache_size")

    def open_containers(self):
        """LUKS2 containers. Their key is not made slow to find: an emulated processor takes long enough."""
        for container in self.layout.containers:
            device = self.device(container.where)
            given = f"printf %s {shlex.quote(container.passphrase)} |"
            self.run(f"{given} cryptsetup luksFormat --batch-mode --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 "
                     f"--uuid {self.layout.identity(container.name)} --key-file=- {device} && "
                     f"{given} {NO_UDEV} cryptsetup open --key-file=- {device} {container.name}")

    def make_volumes(self):
        """Volume groups and logical volumes."""
        for group in self.layout.groups:
            device = self.device(group.where)
            self.run(f"lvm pvcreate -q {device} && lvm vgcreate -q {group.name} {device}")
            for name, mib in group.volumes:
                self.run(f"{NO_UDEV} lvm lvcreate -q --yes --noudevsync --wipesignatures n --zero n --size {mib}M --name {name} {group.name}")

    def make_filesystems(self):
        """Filesystems, mounted below the target in the layout's order."""
        for filesystem in self.layout.filesystems:
            FILESYSTEMS[filesystem.kind](self, filesystem)

    def unpack(self):
        """Debian, from the tar on the first extra drive."""
        self.run(f"tar --numeric-owner --xattrs --xattrs-include='*' -xpf /dev/{self.disk_names()['extra0']} -C {TARGET}", 900)

    def configure(self):
        """The few files that tell this machine from others."""
        layout = self.layout
        lines = ["# <file system> <mount point> <type> <options> <dump> <pass>"]
        for filesystem in layout.filesystems:
            if not filesystem.mount:
                continue
            source = {"LABEL": f"LABEL={filesystem.label}", "": self.device(filesystem.where)}.get(filesystem.by) or f"UUID={self.uuid(filesystem)}"
            check = 0 if filesystem.kind in ("swap", "btrfs", "xfs") else 1 if filesystem.mount == "/" else 2
            lines.append(f"{source} {filesystem.mount} {filesystem.kind} {filesystem.options} 0 {check}")
        self.write("/etc/fstab", "\n".join(lines))
        self.write("/etc/hostname", layout.hostname)
        self.write("/etc/hosts", f"127.0.0.1 localhost\n127.0.1.1 {layout.hostname}")
        self.write("/etc/machine-id", hashlib.md5(layout.name.encode()).hexdigest())
        # A device that a busy host is slow to show is not a device that is missing (systemd-system.conf(5)).
        self.run(f"mkdir -p {TARGET}/etc/systemd/system.conf.d")
        self.write("/etc/systemd/system.conf.d/lab.conf", "[Manager]\nDefaultDeviceTimeoutSec=5min")
        for name in ("dev", "proc", "sys", "run"):
            self.run(f"mount --bind /{name} {TARGET}/{name}")
        # what udev would have linked: update-grub looks for it
        self.run("mkdir -p /dev/disk/by-uuid")
        for filesystem in layout.filesystems:
            self.run(f"ln -sf {self.device(filesystem.where)} /dev/disk/by-uuid/{self.uuid(filesystem)}")
        self.run(f"chroot {TARGET} /usr/share/mdadm/mkconf force-generate /etc/mdadm/mdadm.conf", 300)
        crypttab = "\n".join(f"{one.name} UUID={layout.identity(one.name)} none luks" for one in layout.containers)
        if crypttab:
            self.write("/etc/crypttab", crypttab)
            self.run(f"mkdir {TARGET}/cryptroot")
            self.write("/cryptroot/crypttab", crypttab)
        # The initramfs was made on the host, before there were arrays; making it again takes minutes here. Without
        # this file in it the arrays of metadata 1.2 would be called md127 and md126. Archives may be concatenated.
        self.run(f"cd {TARGET} && initrd=$(echo boot/initrd.img-*) && chroot {TARGET} truncate --size=%4 /$initrd && "
                 "for name in etc etc/mdadm etc/mdadm/mdadm.conf cryptroot cryptroot/crypttab; do [ ! -e $name ] || echo $name; done | "
                 "busybox cpio -o -H newc >>$initrd && rm -rf cryptroot")

    def install_loaders(self):
        """Boot loaders."""
        for loader in self.layout.loaders:
            LOADERS[loader.kind](self, loader)

    def finish(self):
        """Everything onto the disks, arrays stopped clean, power off."""
        for name in ("run", "sys", "proc", "dev"):
            self.run(f"umount {TARGET}/{name}")
        for filesystem in reversed(self.layout.filesystems):
            if filesystem.mount.startswith("/"):
                self.run(f"umount {TARGET}{filesystem.mount}")
        for group in self.layout.groups:
            self.run(f"{NO_UDEV} lvm vgchange -q --noudevsync --activate n {group.name}")
        for container in self.layout.containers:
            self.run(f"{NO_UDEV} cryptsetup close {container.name}")
        self.run("mdadm --stop --scan && sync")
        self.console.line("busybox poweroff -f")

    def uuid(self, filesystem):
        """The UUID a filesystem was given by its mkfs."""
        return self.run(f"blkid -p -o value -s UUID {self.device(filesystem.where)}").strip()

    steps = (find_disks, partition, create_arrays, open_containers, make_volumes, make_filesystems, unpack, configure, install_loaders, finish)


def partition_node(disk, number):
    """The device node of a partition of a disk by its kernel name: a name that ends with a digit gets a "p" (kernel: block/genhd.c)."""
    return f"/dev/{disk}p{number}" if disk[-1].isdigit() else f"/dev/{disk}{number}"


def write_table(installer, slot, script):
    """Has sfdisk write a table."""
    installer.run(f"sfdisk --quiet --wipe always --wipe-partitions always /dev/{installer.names[slot]} <<'END'\n" + "\n".join(script) + "\nEND")


def dos_table(installer, slot, disk):
    """An MBR with primary partitions, aligned to MiB."""
    script = [f"label: dos\nlabel-id: {disk.table_id}\nunit: sectors"]
    for part in disk.partitions:
        script.append(f"size={part.mib * MIB // disk.logical_sector}, type={part.type}" + (", bootable" if part.bootable else ""))
    write_table(installer, slot, script)


def gpt_table(installer, slot, disk):
    """A GPT, partitions aligned to MiB; their GUIDs are always the same."""
    script = [f"label: gpt\nlabel-id: {disk.table_id}\nunit: sectors"]
    for number, part in enumerate(disk.partitions, 1):
        line = f"size={part.mib * MIB // disk.logical_sector}, type={part.type}, uuid={installer.layout.partition_guid(slot, number)}"
        line += f', name="{part.name}"' if part.name else ""
        script.append(line + (f', attrs="{part.attributes}"' if part.attributes else ""))
    write_table(installer, slot, script)


def make_ext4(installer, filesystem):
    """ext4 on a device that reads as zeros, so that no inode table is left to be written in the background."""
    label = f"-L {shlex.quote(filesystem.label)}" if filesystem.label else ""
    identity = installer.layout.identity(filesystem.mount)
    place = f"{TARGET}{filesystem.mount}"
    device = installer.device(filesystem.where)
    installer.run(f"mke2fs -q -F -t ext4 -U {identity} -E assume_storage_prezeroed=1 {label} {device} && mkdir -p {place} && mount {device} {place}")


def make_xfs(installer, filesystem):
    """xfs."""
    device, place = installer.device(filesystem.where), f"{TARGET}{filesystem.mount}"
    installer.run(f"mkfs.xfs -q -m uuid={installer.layout.identity(filesystem.mount)} {device} && mkdir -p {place} && mount -t xfs {device} {place}")


def make_btrfs(installer, filesystem):
    """A subvolume of btrfs (option subvol=); the filesystem is made for the first one that is mounted."""
    device, subvolume = installer.device(filesystem.where), filesystem.options.removeprefix("subvol=")
    place = f"{TARGET}{filesystem.mount}"
    if installer.run(f"blkid -p -o value -s TYPE {device} || true").strip() != "btrfs":
        installer.run(f"mkfs.btrfs -q -U {installer.layout.identity(filesystem.where)} {device}")
    installer.run(f"mkdir -p /run/top && mount -t btrfs {device} /run/top && btrfs -q subvolume create /run/top/{subvolume} && umount /run/top && "
                  f"mkdir -p {place} && mount -t btrfs -o {filesystem.options} {device} {place}")


def make_vfat(installer, filesystem):
    """FAT, as an EFI system partition is."""
    label = f"-n {shlex.quote(filesystem.label)}" if filesystem.label else ""
    device = installer.device(filesystem.where)
    installer.run(f"mkfs.vfat -F 32 -i {installer.layout.fat_id(filesystem.where)} {label} {device}")
    if filesystem.mount:
        place = f"{TARGET}{filesystem.mount}"
        installer.run(f"mkdir -p {place} && mount -t vfat {device} {place}")


def make_swap(installer, filesystem):
    """Swap space."""
    installer.run(f"mkswap -U {installer.layout.identity(f'swap {filesystem.where}')} {installer.device(filesystem.where)}")


def install_grub_pc(installer, loader):
    """GRUB in the MBR of one disk (or its BIOS boot partition), and its menu."""
    installer.run(f"chroot {TARGET} grub-install --target=i386-pc /dev/{installer.names[loader.slot]}", 300)
    write_menu(installer)


def install_grub_efi(installer, loader):
    """shim and the signed GRUB on the EFI system partition that is mounted, also where firmware looks without a boot entry; and the menu.
    Further disks get a copy, as administrators make it. Boot entries are made when the machine has started by UEFI."""
    esp = (loader.slot, installer.layout.esp(loader.slot))
    device = installer.device(esp)
    mirrored = next((array for array in installer.layout.arrays if esp in array.members), None)
    if mirrored and esp != mirrored.members[0]:
        return  # md has made the copy
    mounted = f"md{mirrored.number}" if mirrored else esp
    if any(filesystem.mount == "/boot/efi" and filesystem.where == mounted for filesystem in installer.layout.filesystems):
        installer.run(f"chroot {TARGET} grub-install --target=x86_64-efi --efi-directory=/boot/efi --bootloader-id=debian --no-nvram "
                      "--force-extra-removable", 300)
        write_menu(installer)
    else:
        installer.run(f"mkdir -p /run/esp && mount -t vfat {device} /run/esp && cp -r {TARGET}/boot/efi/. /run/esp/ && umount /run/esp")


def write_menu(installer):
    """GRUB's menu.

    The menu has update-grub's first entry. update-grub itself asks grub-probe about the root's array a dozen times,
    which is a minute or two of an emulated processor; it works in the installed machine for who wants to wait.
    """
    mounted = {filesystem.mount: filesystem for filesystem in installer.layout.filesystems}
    prefix = "" if "/boot" in mounted else "/boot"
    kernel = installer.run(f"cd {TARGET}/boot && echo vmlinuz-*").strip()
    menu = Template(MENU.read_text()).substitute(
        boot=installer.uuid(mounted.get("/boot", mounted["/"])), root=root_parameters(installer, mounted["/"]),
        kernel=f"{prefix}/{kernel}", initrd=f"{prefix}/{kernel.replace('vmlinuz', 'initrd.img')}")
    installer.write("/boot/grub/grub.cfg", menu)


def root_parameters(installer, root):
    """What update-grub says of the root to the kernel: a mapped device by its name, anything else by UUID; and the subvolume of btrfs."""
    mapped = isinstance(root.where, str) and root.where.startswith("mapper/")
    flags = f" rootflags={root.options}" if root.kind == "btrfs" else ""
    return ("root=" + (installer.device(root.where) if mapped else f"UUID={installer.uuid(root)}")) + flags


TABLES = {"dos": dos_table, "gpt": gpt_table}
FILESYSTEMS = {"ext4": make_ext4, "xfs": make_xfs, "btrfs": make_btrfs, "vfat": make_vfat, "swap": make_swap}
LOADERS = {"grub-pc": install_grub_pc, "grub-efi": install_grub_efi}


def install(layout, debian, folder, report=print):
    """Installs a layout on new disks in `folder`; returns the disks. `debian` is the folder of rootfs.obtain()."""
    disks = planned_disks(layout, folder)
    for disk in disks:
        make_blank(disk)
    machine = Machine(f"install-{layout.name}", folder / "install", disks, logs=folder, kernel=debian / "vmlinuz",
                      initrd=debian / "installer.img", append="console=ttyS0,115200 rdinit=/init no_timer_check", extra_drives=[debian / "root.tar"],
                      bus=layout.bus)
    with machine.start():
        started = time.monotonic()
        machine.console.wait(r"bash-\d\.\d+# ")
        machine.console.take_prompt()
        report(f"  {'boot the installer':24} {time.monotonic() - started:6.1f} s")
        installer = Installer(layout, machine.console)
        for step in Installer.steps:
            started = time.monotonic()
            step(installer)
            report(f"  {step.__name__.replace('_', ' '):24} {time.monotonic() - started:6.1f} s")
        machine.wait_off()
    return disks


def installed_machine(layout, disks, folder, share, **options):
    """The machine of a layout with all its devices, on disks that have been installed."""
    return Machine(layout.name, folder, disks, firmware=layout.firmware, share=share, bus=layout.bus, boot_disk=boot_disk(layout), **options)


def boot_disk(layout):
    """What the firmware of a layout's machine starts from: a BIOS the disk with the first boot loader, UEFI what its boot entries say."""
    return layout.loaders[0].slot if layout.firmware == "bios" else ALL


def first_boot(layout, disks, folder, state, report=print):
    """Boots the installed machine to its root prompt and freezes it there (or shuts it down where it cannot be frozen).

    Returns the file with its firmware's variables; None for a BIOS.
    """
    started = time.monotonic()
    share = folder / "share"
    share.mkdir(parents=True, exist_ok=True)
    machine = installed_machine(layout, disks, folder, share, logs=folder.parent)
    with machine.start():
        wait_for_prompt(machine, layout, 600)
        remember_loader_disk(machine, layout)
        make_boot_entries(machine, layout)
        report(f"  {'first boot':24} {time.monotonic() - started:6.1f} s")
        started = time.monotonic()
        machine.console.output("sync; echo 3 >/proc/sys/vm/drop_caches")
        if layout.freezable():
            machine.freeze(state)
        else:
            machine.power_off()
        report(f"  {'freeze or shut down':24} {time.monotonic() - started:6.1f} s")
    return machine.variables() if layout.firmware != "bios" else None


def wait_for_prompt(machine, layout, seconds=300, opened=False):
    """Waits for the root prompt of the installed system, and until it has finished starting; gives it the passphrases it asks for unless its
    containers are open already."""
    for container in () if opened else layout.containers:
        machine.console.wait(f"Please unlock disk {container.name}", seconds, failure=r"Kernel panic|grub rescue>")
        machine.console.send(container.passphrase + "\r")
    machine.console.wait(PROMPT.format(hostname=layout.hostname), seconds, failure=r"emergency mode|Kernel panic|grub rescue>")
    machine.console.take_prompt()
    machine.console.run("systemctl is-system-running --wait", seconds, check=False)
    # Debian's systemd-fsckd ends 30 s after the last check and then blanks its line on the console, in the midst of whatever is read there.
    machine.console.run("systemctl stop systemd-fsckd.socket systemd-fsckd.service", check=False)


def remember_loader_disk(machine, layout):
    """Debian's own memory of the disks that GRUB is on, as its installer would have left it."""
    links = [disk_link(layout, loader.slot) for loader in layout.loaders if loader.kind == "grub-pc"]
    if links:
        machine.console.output(
            f"ls {' '.join(links)} && printf '%s\\n' 'grub-pc grub-pc/install_devices multiselect {', '.join(links)}' "
            "'grub-pc grub-pc/install_devices_empty boolean false' | debconf-set-selections", 120)


def disk_link(layout, slot):
    """The link that udev makes for a disk by what it says of itself (60-persistent-storage.rules)."""
    disk = layout.disks[slot]
    names = {"scsi": f"scsi-3{disk.wwn.removeprefix('0x')}", "sata": f"wwn-{disk.wwn}", "virtio": f"virtio-{disk.serial}"}
    return f"/dev/disk/by-id/{names[layout.bus]}"


def boot_entry_labels(layout):
    """The labels of a UEFI machine's boot entries, by the slot of the disk whose EFI system partition each names."""
    slots = [loader.slot for loader in layout.loaders if loader.kind == "grub-efi"]
    return {slot: "debian" if number == 0 else f"debian (disk {slot + 1})" for number, slot in enumerate(slots)}


def make_boot_entries(machine, layout):
    """Boot entries for the installed loaders, the first one first, instead of those that shim's fallback made on the first start."""
    labels = boot_entry_labels(layout)
    if not labels:
        return
    console = machine.console
    console.output("for n in $(efibootmgr | sed -n 's/^Boot\\([0-9A-F]*\\)[* ] *debian.*/\\1/p'); do efibootmgr -q -b $n -B; done")
    for slot, label in reversed(labels.items()):
        esp = layout.esp(slot)
        disk = f"/dev/$(lsblk -dno PKNAME /dev/disk/by-partuuid/{layout.partition_guid(slot, esp).lower()})"
        console.output(f"efibootmgr -q -c -d {disk} -p {esp} -L {shlex.quote(label)} -l '\\EFI\\debian\\shimx64.efi'")
    console.output("efibootmgr -v")
