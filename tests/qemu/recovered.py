# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to be true of a machine after a recovery: it starts from its own disks and is what it was before.

Nothing here knows the program but the name of its log folder; the machine is asked with its own tools.
"""

from lab import installer, payload, writelog
from lab.installer import wait_for_prompt

# Questions whose answers are the same before the failure and after the recovery. Kernel names move, so they are left out; grub-install
# writes its own modules anew; the tables are sorted by their ids.
QUESTIONS = {
    "fstab": "base64 -w 0 /etc/fstab",
    "what fstab is worth": "findmnt --verify --verbose | grep -vE '/dev/(sd|vd|nvme)'; true",
    "mounts": "findmnt --real --types no9p -rno TARGET,FSTYPE,OPTIONS,LABEL,UUID | sort",
    "swap": "swapon --noheadings --show=UUID,LABEL,SIZE | sort",  # systemd starts them side by side
    "partition tables": ("for disk in /dev/sd? /dev/vd? /dev/nvme?n?; do sfdisk -d $disk 2>/dev/null | sed \"s,${disk}p\\?,,g\" | tr '\\n' ' '; echo; done "
                         "| grep label-id | sort -k 3"),
    "EFI system partitions": ("mkdir -p /run/esp; for esp in $(lsblk -rno PATH,PARTTYPE | sed -n 's/ c12a7328-f81f-11d2-ba4b-00a0c93ec93b$//p'); do "
                              "mount -o ro $esp /run/esp 2>/dev/null || mount $esp /run/esp; id=$(echo $(lsblk -no PARTUUID,UUID,LABEL $esp)); "
                              "(cd /run/esp && find . -type f -print0 | xargs -0 sha256sum | sed \"s/^/$id /\"); umount /run/esp; done | sort"),
    "boot entries": ("entries=$(efibootmgr -v); for n in $(echo \"$entries\" | sed -n 's/^BootOrder: //p' | tr , ' '); do "
                     "echo \"$entries\" | sed -n \"s/^Boot$n\\* //p\"; done | grep 'HD('; true"),
    "files in /boot": "cd /boot && find . -path ./grub/i386-pc -prune -o -type f -print0 | sort -z | xargs -0 sha256sum",
    "/boot": ("cd /boot && find . -path ./grub -prune -o -mindepth 1 -printf '%y %m %U:%G %l %p\\n' | sort"),
    "times in /boot": "cd /boot && find . -path ./grub -prune -o -type f -printf '%T@ %p\\n' | sed 's/\\.[0-9]* / /' | sort",
    # The first digits of each file's digest, a line for each name in /etc.
    "files in /etc": ("cd /etc && find . -type f ! -name adjtime -print0 | sort -z | xargs -0 sha256sum "
                      "| awk '{split($2, part, \"/\"); seen[part[2]] = seen[part[2]] substr($1, 1, 4)} END {for (name in seen) print name, seen[name]}' | sort"),
    "arrays": "mdadm --detail --scan | sed 's/ name=[^ ]*//; s/ spares=[^ ]*//' | sort",
}


def answer(machine, what):
    """The answer to one of the questions, of a machine at its root prompt."""
    return machine.console.output(QUESTIONS[what], 120)


def state(machine):
    """All the answers."""
    return {what: answer(machine, what) for what in QUESTIONS}


def answered_as(machine, what, expected):
    """The answer to one of the questions; asked again when it is not as expected, since whatever else writes to the console (a check of a
    filesystem shows its progress there) may have fallen into it."""
    said = answer(machine, what)
    return said if said == expected else answer(machine, what)


def starts_by_itself(machine, made, boot_disk=None):
    """The machine, which is off, starts from its own disks without the disc, and is whole: services, arrays, payload, fstab, mounts, /boot.

    `boot_disk`: slot of the only disk the firmware may start from; as the layout says unless given. Leaves it running.
    """
    start(machine, made, boot_disk)
    is_whole(machine, made)


def starts_and_resyncs(machine, made):
    """The same of a machine whose power failed while a whole array was being written: md compares its members then."""
    start(machine, made)
    machine.console.output("; ".join(f"mdadm --wait /dev/md{array.number}" for array in made.layout.arrays) + "; true", 900)
    is_whole(machine, made)


def start(machine, made, boot_disk=None):
    """Starts a machine that is off from its own disks (see starts_by_itself), up to its root prompt."""
    machine.medium = machine.kernel = machine.incoming = None
    machine.logged = False
    machine.firmware, machine.first_variables = made.layout.firmware, made.variables
    machine.boot_disk = installer.boot_disk(made.layout) if boot_disk is None else boot_disk
    machine.start()
    wait_for_prompt(machine, made.layout, 300)


def is_whole(machine, made):
    """The running machine is what it was when its image was built."""
    console = machine.console
    assert console.run("systemctl is-system-running", check=False)[1].strip() == "running", console.output("systemctl --failed; systemctl list-jobs")
    arrays_are_whole(machine, made.layout)
    for what, before in made.state.items():
        now = answered_as(machine, what, before)
        assert now == before, f"{what} before:\n{before}\nand now:\n{now}"
    read = payload.digests(machine)
    assert read == made.payload, f"files differ from before; then:\n{made.payload}\nnow:\n{read}"
    if loaders := [loader for loader in made.layout.loaders if loader.kind == "grub-pc"]:
        boot_disks_are_remembered(machine, len(loaders))
    if made.layout.firmware == "secure-boot":
        assert secure_boot(machine), "Secure Boot is off"


def arrays_are_whole(machine, layout):
    """Every array of the layout has all members, none is being rebuilt, and no member has a bad block."""
    for array in layout.arrays:
        md = f"/sys/block/md{array.number}/md"
        said = machine.console.output(f"cat {md}/raid_disks {md}/degraded {md}/sync_action; cat {md}/dev-*/state; cat {md}/dev-*/bad_blocks "
                                      f"{md}/dev-*/unacknowledged_bad_blocks").split()
        count = len(array.members)
        states = ["in_sync"] * count + ["spare"] * len(array.spares) + ["journal"] * len(array.journal)
        assert said[:3] == [str(count), "0", "idle"] and sorted(said[3:]) == sorted(states), f"md{array.number}: {said}\n{machine.console.output('cat /proc/mdstat')}"


def secure_boot(machine):
    """Whether the running machine's firmware started it with Secure Boot on."""
    variable = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
    return machine.console.output(f"od -An -tu1 -j4 {variable}").strip() == "1"


def starts_alone(lab, machine, made, slot):
    """A copy of a machine that is off starts with the disk in one slot as its only disk, its arrays degraded."""
    disks = [disk if at == slot else None for at, disk in enumerate(machine.disks)]
    alone = lab.machine(f"disk{slot + 1}-alone", disks, firmware=made.layout.firmware, bus=made.layout.bus,
                        boot_disk=installer.boot_disk(made.layout), variables=machine.variables() if machine.variables().exists() else None)
    alone.start()
    wait_for_prompt(alone, made.layout, 400)
    assert made.layout.firmware != "secure-boot" or secure_boot(alone), "Secure Boot is off"
    alone.power_off()


def boot_disks_are_remembered(machine, count):
    """The disks that Debian will put GRUB on next time are here, one for each boot loader."""
    console = machine.console
    links = console.output("debconf-show grub-pc | sed -n 's/.*install_devices: //p'").strip().split(", ")
    disks = console.run("readlink -e " + " ".join(f"'{link}'" for link in links), check=False)[1].split()
    assert len(set(disks)) == count, f"grub-pc/install_devices is {links} ({disks})"


def parity_is_right(machine, layout):
    """md itself reads all members of each array and finds nothing that does not match."""
    for array in layout.arrays:
        if array.level in ("1", "10"):  # pages that changed while they were written, swap above all, may differ there (md(4), SCRUBBING AND MISMATCHES)
            continue
        md = f"/sys/block/md{array.number}/md"
        machine.console.output(f"echo check >{md}/sync_action; mdadm --wait /dev/md{array.number}; true", 600)
        assert machine.console.output(f"cat {md}/mismatch_cnt").strip() == "0", f"md{array.number} does not match"


def survivors_untouched(machine, layout, survivors, mounted=()):
    """Outside array members no sector of the survivors (slot in the machine -> slot in the layout) was written since the last start.

    `mounted`: (layout slot, partition number) of native filesystems that the installed system itself had mounted.
    """
    for slot, recorded in survivors.items():
        ranges = layout.members(recorded) + [layout.partitions(recorded)[number] for where, number in mounted if where == recorded]
        stray = writelog.outside(machine.write_log(slot), ranges)
        assert not stray, f"disk {recorded + 1}, a survivor, was written outside its members: {stray[:10]}"


def bitmaps_alone_written(machine, layout, survivors):
    """Of the survivors (slot in the machine -> slot in the layout) nothing was written but the superblocks of write-intent bitmaps.

    Linux writes those whenever it starts such an array, read-only or not (drivers/md/md-bitmap.c, md_bitmap_load); mdadm puts the bitmap
    of metadata 1.2 4 KiB behind the superblock, which lies 4 KiB into the member.
    """
    for slot, recorded in survivors.items():
        parts = layout.partitions(recorded)
        bitmaps = [(parts[number][0] + 16, 1) for array in layout.arrays if array.bitmap
                   for where, number in array.devices() if where == recorded]
        stray = writelog.outside(machine.write_log(slot), bitmaps)
        assert not stray, f"disk {recorded + 1}, a survivor, was written: {stray[:10]}"


def nothing_written(machine, *slots):
    """No disk of a machine (or none in these slots) was changed since its last start."""
    for slot, disk in enumerate(machine.disks):
        if disk is not None and (not slots or slot in slots):
            found = writelog.changes(machine.write_log(slot))
            assert not found, f"the disk in slot {slot} was written: {found[:10]}"
