# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab itself: what the other tests stand on."""

import re

import recovered
from lab import contents, disks, payload, writelog
from lab.disks import MIB, Fault
from lab.installer import wait_for_prompt
from lab.lab import mount_share
from lab.layouts import LAYOUTS
from lab.runner import case, cases
from program import Image

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


def kernel_names(machine):
    """Kernel name of the disk in each slot of a bench."""
    listing = machine.console.output("cd /sys/block && for d in sd*; do echo $d $(readlink -f $d/device); done")
    return {int(path.rsplit("/", 1)[1].split(":")[2]): name for name, path in (line.split() for line in listing.splitlines())}


def test_write_log(lab):
    """The log of a disk's writes has each of them and no other; a replay of its beginning is the disk at that moment."""
    disk = disks.blank(lab.work / "disk.qcow2", 64 * MIB, "LOGGED01")
    machine = lab.bench("bench", [disk], logged=True)
    log = machine.write_log(0)
    assert writelog.changes(log) == [], writelog.changes(log)
    put = "printf %s | busybox dd of=/dev/sda bs=512 seek=%d conv=sync,fsync 2>/dev/null; sync"
    machine.console.output(put % ("first", 100))
    machine.console.output(put % ("second", 40960))
    machine.kill()

    found = writelog.changes(log)
    assert all(entry.sector // 8 in (100 // 8, 40960 // 8) for entry in found), found
    assert {entry.sector // 8 for entry in writelog.outside(log, [(96, 8)])} == {40960 // 8}, found
    first = next(end for end in writelog.flushed(log) if end > found[0].end)
    for length, expected in ((first, [b"first", b"\0"]), (log.stat().st_size, [b"first", b"second"])):
        data = writelog.replay(disk, log, length, lab.work / "replayed.img").file.read_bytes()
        seen = [data[sector * 512:sector * 512 + 512].rstrip(b"\0") or b"\0" for sector in (100, 40960)]
        assert seen == expected, f"at {length}: {seen}"


def test_disks_that_misbehave(lab):
    """Disks can be read-only, removable, of 4096-byte sectors, fail at a sector, and have any serial, or none."""
    serial = "a, b 'c' $(reboot)"
    size = 64 * MIB
    given = [{"read_only": True}, {"removable": True}, {"logical_sector": 4096}, {"faults": (Fault("read", 2048),)},
             {"faults": (Fault("write"),)}]
    machine = lab.machine("bench", [None])
    for slot, properties in enumerate(given):
        machine.replace_disk(slot, size, serial if slot == 1 else "", **properties)
    bench = lab.bench("bench", machine.disks)
    names = kernel_names(bench)
    console = bench.console

    def says(slot, attribute):
        return console.output(f"cat /sys/block/{names[slot]}/{attribute}").strip()
    assert [says(slot, "ro") for slot in range(5)] == ["1", "0", "0", "0", "0"]
    assert [says(slot, "removable") for slot in range(5)] == ["0", "1", "0", "0", "0"]
    assert says(2, "queue/logical_block_size") == "4096"
    assert serial in says(1, "device/vpd_pg80 | busybox tr -d '\\000'")
    read = "busybox dd if=/dev/{} of=/dev/null bs=1M count=2 iflag=direct 2>&1"
    assert console.run(read.format(names[2]), check=False)[0] == 0
    assert console.run(read.format(names[3]), check=False)[0] != 0, "no error at the bad sector"
    write = "busybox dd if=/dev/zero of=/dev/{} bs=4096 count=1 conv=fsync 2>&1"
    assert console.run(write.format(names[3]), check=False)[0] == 0
    for slot in (0, 4):
        assert console.run(write.format(names[slot]), check=False)[0] != 0, f"slot {slot} could be written"


def test_foreign_members(lab):
    """What the lab writes as members of foreign arrays are members to md itself: their arrays start."""
    pairs = [(fill, metadata) for fill in (contents.member, contents.partition_member) for metadata in ("0.90", "1.0", "1.1", "1.2")]
    machine = lab.machine("bench", [None])
    for pair, (fill, metadata) in enumerate(pairs):
        for half in range(2):
            machine.replace_disk(2 * pair + half, 64 * MIB, fill=fill(metadata, half))
    bench = lab.bench("bench", machine.disks)
    names = kernel_names(bench)
    for pair, (fill, metadata) in enumerate(pairs):
        suffix = "1" if fill is contents.partition_member else ""
        members = " ".join(f"/dev/{names[2 * pair + half]}{suffix}" for half in range(2))
        said = bench.console.output(f"mdadm --assemble --readonly /dev/md9 {members} 2>&1 && cat /proc/mdstat && mdadm --stop /dev/md9")
        assert "[UU]" in said, f"{fill.__name__} {metadata}: {said}"


@cases(case("1.2", "linux-journal-1.2", thorough=True))
def test_recovered_is_strict(lab, name):
    """What is asked of a recovered machine holds on a machine that nothing happened to, and not when anything of it is broken."""
    layout = LAYOUTS[name]
    machine = lab.victim(name)
    console = machine.console
    made = Image(None, machine.disks, layout, recovered.state(machine), payload.write(machine))
    recovered.is_whole(machine, made)
    recovered.parity_is_right(machine, layout)
    link = console.output("debconf-show grub-pc | sed -n 's/.*install_devices: //p'").strip()
    remember = "echo 'grub-pc grub-pc/install_devices multiselect %s' | debconf-set-selections"
    table = "sfdisk --quiet --no-reread --force --activate /dev/disk/by-id/scsi-35000c5000304d102 {} 2>&1"
    harm = (  # what is noticed, what is done, how it is undone
        ("fstab before", "echo >>/etc/fstab", "sed -i '$ d' /etc/fstab; systemctl daemon-reload"),
        ("mounts before", "umount /boot", "mount /boot"),
        ("files in /boot before", "cp -p /boot/config-* /root/kept; echo >>/boot/config-*", "cp -p /root/kept /boot/config-*"),
        ("/boot before", "chown 1 /boot/System.map-*", "chown 0 /boot/System.map-*"),
        ("files differ", "mv /home/payload/1 /home/payload/1a", "mv /home/payload/1a /home/payload/1"),
        ("failed", "systemd-run --quiet --unit=broken false; until systemctl --quiet is-failed broken; do sleep 0.1; done", "systemctl reset-failed"),
        ("install_devices is ['/dev/disk/by-id/gone']", remember % "/dev/disk/by-id/gone", remember % link),
        ("partition tables before", table.format("1"), table.format("-")),
        ("md0: ", "mdadm --quiet /dev/md0 --fail $(ls -d /sys/block/md0/md/dev-* | sed -n '1s,.*dev-,/dev/,p')", "true"))
    for noticed, break_it, mend_it in harm:
        console.run(break_it, check=False)
        try:
            recovered.is_whole(machine, made)
        except AssertionError as error:
            assert noticed in str(error), f"{break_it}: {error}"
            console.output(mend_it)
            continue
        raise AssertionError(f"nobody noticed: {break_it}")
