# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines as people run them now: each of their disks in turn is replaced by a blank one, and the machine is what it was."""

import dataclasses
import re

import program
import recovered
from lab import payload, writelog
from lab.console import plain
from lab.disks import MIB, SECTOR
from lab.installer import wait_for_prompt
from lab.layouts import LAYOUTS
from lab.runner import case, cases
from recoveries import NEW, all_steps_done, blank_instead_of, led_to_the_end, log_is_kept, survivors, used_since

MIRROR_UEFI, SINGLE_ESP, MIRROR_BIOS_GPT, RAID6_LUKS = "mirror-uefi", "single-esp", "mirror-bios-gpt", "raid6-luks"
MIRROR_BIOS_MBR, MIRROR_UEFI_MDESP, RAID10_LVM_XFS = "mirror-bios-mbr", "mirror-uefi-mdesp", "raid10-lvm-xfs"
RAID1_3WAY_WHOLEDISK, SPARE_JOURNAL = "raid1-3way-wholedisk", "spare-journal"
MIRROR_AND_STRIPE = "mirror-and-stripe"
MIRROR_UEFI_4KN, MIRROR_UEFI_13, MIRROR_BIOS_GPT_13 = "mirror-uefi-4kn", "mirror-uefi-trixie", "mirror-bios-gpt-trixie"


def each_disk(count, *, normally=()):
    """One case for each disk; without --all, those in the slots `normally` are run."""
    return cases(*(case(f"disk{slot + 1}", slot, thorough=slot not in normally) for slot in range(count)))


def whole_after(machine, made, *slots):
    """After consent: the passphrases are given, every step is done, survivors are untouched; the machine starts without the disc and is whole."""
    console, begun = machine.console, machine.console.position
    for container in made.layout.containers:
        program.answer(console, container.passphrase, program.PROMPTS["passphrase"], 300)
    ended = program.finish(console)
    ended = dataclasses.replace(ended, said=plain(console.text(begun)))
    all_steps_done(ended)
    ended.shows(*(program.STARTS.format(loader.slot + 1) for loader in made.layout.loaders))
    program.power_off(machine)
    recovered.survivors_untouched(machine, made.layout, survivors(machine, *slots))
    recovered.starts_by_itself(machine, made)
    log_is_kept(machine)
    recovered.parity_is_right(machine, made.layout)
    machine.power_off()


def recovered_from_disc(lab, made, slot):
    """Replaces the disk in a slot and leads the disc, started as the machine itself is, through the recovery. Survivors are written in
    their array members alone; then the machine starts without the disc and is what it was. Returns it, switched off."""
    machine = program.boot(lab, made, prepare=blank_instead_of(slot), logged=True)
    program.agent_screen(machine, program.missing_row(made.layout.disks[slot].serial))
    program.consent(machine.console, program.ask(machine))
    whole_after(machine, made, slot)
    return machine


def recovered_mirror(lab, name, slot):
    """The same of a machine whose every disk has all it needs to start: it does, from each of them alone."""
    made = program.image(lab, name)
    machine = recovered_from_disc(lab, made, slot)
    for alone in range(len(machine.disks)):
        recovered.starts_alone(lab, machine, made, alone)


@each_disk(2, normally=(0,))
def test_mirror_uefi(lab, slot):
    """Two NVMe disks, Secure Boot on, an EFI system partition on each, of which one is mounted: whichever disk is replaced, both have their
    loaders and boot entries again, and the machine starts from each of them alone."""
    recovered_mirror(lab, MIRROR_UEFI, slot)


@cases(case("disk1", 0, thorough=True))
def test_boot_entry_forgotten(lab, slot):
    """The firmware knows no boot entry any more: those of both disks are made again, in the order they had, and the first is started."""
    made = program.image(lab, MIRROR_UEFI)
    machine = program.boot(lab, made, prepare=blank_instead_of(slot), variables=None)
    program.agent_screen(machine)
    led_to_the_end(machine)
    program.power_off(machine)
    machine.medium = None
    machine.start()
    machine.console.wait(r'BdsDxe: starting Boot[0-9A-F]{4} "debian" from HD\(1,GPT,' + made.layout.partition_guid(slot, 1), 120)
    wait_for_prompt(machine, made.layout, 400)
    entries = recovered.answered_as(machine, "boot entries", made.state["boot entries"])
    assert entries == made.state["boot entries"], entries


@each_disk(3)
def test_single_esp(lab, slot):
    """Three SATA disks, UEFI, the only EFI system partition and a native /boot on the first: whichever is replaced, the machine starts again."""
    recovered_from_disc(lab, program.image(lab, SINGLE_ESP), slot)


@each_disk(2, normally=(0,))
def test_mirror_bios_gpt(lab, slot):
    """Two virtio disks with GPT and BIOS boot partitions, LVM on RAID-1: whichever is replaced, the machine starts from each of them alone."""
    recovered_mirror(lab, MIRROR_BIOS_GPT, slot)


@cases(case("disk1", 0, thorough=True))
def test_newer_boot(lab, slot):
    """/boot is on an array, and was changed after the image was made: it stays as it is now, and the machine starts with it."""
    newer = used_since(lab, program.image(lab, MIRROR_BIOS_GPT),
                       "echo newer >/boot/newer && echo '# newer' >>/boot/grub/grub.cfg && sha256sum /boot/grub/grub.cfg >/root/sum && sync")
    machine = program.boot(lab, newer, prepare=blank_instead_of(slot))
    program.agent_screen(machine)
    led_to_the_end(machine)
    program.power_off(machine)
    recovered.start(machine, newer)
    assert machine.console.output("cat /boot/newer").strip() == "newer"
    machine.console.output("sha256sum --check --quiet /root/sum")


@each_disk(2)
def test_mirror_uefi_4kn(lab, slot):
    """Two NVMe disks whose sectors have 4096 bytes, Secure Boot on: whichever is replaced, the machine starts from each of them alone."""
    recovered_mirror(lab, MIRROR_UEFI_4KN, slot)


@each_disk(2)
def test_mirror_uefi_trixie(lab, slot):
    """Debian 13 on two NVMe disks, Secure Boot on: whichever is replaced, the machine starts from each of them alone."""
    recovered_mirror(lab, MIRROR_UEFI_13, slot)


@each_disk(2)
def test_mirror_bios_gpt_trixie(lab, slot):
    """Debian 13 on two virtio disks with GPT, LVM on RAID-1: whichever is replaced, the machine starts from each of them alone."""
    recovered_mirror(lab, MIRROR_BIOS_GPT_13, slot)


@each_disk(5)
def test_raid6_luks(lab, slot):
    """Five disks, RAID-6, LUKS2 on it, btrfs with subvolumes: the passphrase is asked for, and whichever disk is replaced, the machine is whole."""
    recovered_from_disc(lab, program.image(lab, RAID6_LUKS), slot)


@cases(case("mirror-uefi", MIRROR_UEFI, thorough=True))
def test_uefi_machine_by_bios(lab, name):
    """The disc of a UEFI machine is started by BIOS firmware, which has no boot entries: that is said, and the machine starts all the same."""
    made = program.image(lab, name)
    machine = program.boot(lab, made, firmware="bios", prepare=blank_instead_of(0))
    program.agent_screen(machine)
    program.consent(machine.console, program.ask(machine))
    ended = program.finish(machine.console).shows(program.NO_BOOT_ENTRIES)
    not_done = [step[3] for step in program.steps(ended.said) if step[2] != "done"]
    assert len(not_done) == 2 and all(title.startswith('boot entry "debian') for title in not_done), ended.said
    program.power_off(machine)
    machine.medium, machine.firmware, machine.first_variables = None, made.layout.firmware, None  # a firmware that knows no entry
    recovered.starts_alone(lab, machine, made, 0)


@cases(case("disk1", 0, thorough=True))
def test_no_entry_can_be_made(lab, slot):
    """The disc of a UEFI machine whose partitions have no loader in \\EFI\\BOOT (Debian's default) is started by BIOS firmware, which has no boot
    entries: a loader is put there on the new disk, and the machine starts from it by firmware that knows no entry. The other disk is not proven."""
    machine = lab.victim(MIRROR_UEFI)
    files = payload.write(machine)
    program.install(machine, lab.package())
    machine.console.output("mkdir -p /run/esp; for esp in $(lsblk -rno PATH,PARTTYPE | sed -n 's/ c12a7328-f81f-11d2-ba4b-00a0c93ec93b$//p'); do "
                           "mount $esp /run/esp && rm -r /run/esp/EFI/BOOT && umount /run/esp || exit 1; done", 60)
    made = program.built(lab, machine, LAYOUTS[MIRROR_UEFI], recovered.state(machine), files)
    machine = program.boot(lab, made, firmware="bios", prepare=blank_instead_of(slot))
    program.agent_screen(machine)
    program.consent(machine.console, program.ask(machine))
    ended = program.finish(machine.console, word="failed").shows(program.STARTS_BY_FALLBACK)
    assert "not everything is proven" in ended.sentence, ended
    program.back(machine)
    machine.kill()
    machine.medium, machine.firmware, machine.first_variables = None, made.layout.firmware, None
    recovered.starts_alone(lab, machine, made, slot)


@cases(case("linux-journal-1.2", NEW, thorough=True))
def test_bios_machine_by_uefi(lab, name):
    """The disc of a BIOS machine is started by UEFI firmware: that is said, and the recovered machine starts by BIOS as it did."""
    made = program.image(lab, name)
    # A machine of the lab has other controllers when it has other firmware: only a name that goes with the disk stays true.
    machine = program.boot(lab, made, firmware="uefi", prepare=blank_instead_of(0, wwn="0x5000c5000b1a4c01"))
    program.agent_screen(machine)
    program.consent(machine.console, program.ask(machine).shows(program.OTHER_FIRMWARE))
    all_steps_done(program.finish(machine.console))
    program.power_off(machine)
    recovered.starts_by_itself(machine, made)


@cases(case("larger", 3000 * MIB, thorough=True), case("smaller", LAYOUTS["mirror-bios-gpt"].end(0) + 4 * MIB, thorough=True),
       case("larger-512e", 3000 * MIB, 4096, thorough=True))
def test_gpt_other_size(lab, size, physical_sector=0):
    """The replacement in a GPT mirror is larger, or smaller in the free space at its end alone: the same GUIDs, names and places, and the
    table's backup at the real end."""
    made = program.image(lab, MIRROR_BIOS_GPT)
    machine = program.boot(lab, made, prepare=blank_instead_of(0, size=size, physical_sector=physical_sector))
    program.agent_screen(machine)
    led_to_the_end(machine)
    program.power_off(machine)
    tables = re.sub(r"last-lba: \d+ ", "", made.state["partition tables"])  # the one thing that goes with the size
    recovered.starts_by_itself(machine, dataclasses.replace(
        made, state={what: said for what, said in made.state.items() if what != "partition tables"}))
    assert re.sub(r"last-lba: \d+ ", "", recovered.answer(machine, "partition tables")) == tables
    verified = machine.console.output("sgdisk --verify $(lsblk -bdnro PATH,SIZE | sed -n 's/ %d$//p')" % size)
    assert "No problems found" in verified, verified


@each_disk(2)
def test_mirror_bios_mbr(lab, slot):
    """Two SATA disks with MBR tables, RAID-1 /boot (metadata 1.0), root and swap: whichever is replaced, the machine starts from each of them alone."""
    recovered_mirror(lab, MIRROR_BIOS_MBR, slot)


@each_disk(2)
def test_mirror_uefi_mdesp(lab, slot):
    """Two virtio disks whose EFI system partition is a RAID-1: whichever is replaced, the machine starts from each of them alone."""
    recovered_mirror(lab, MIRROR_UEFI_MDESP, slot)


@each_disk(4)
def test_raid10_lvm_xfs(lab, slot):
    """Four 512e disks, RAID-10, LVM and xfs on it, a native /boot on the first alone, swap on each: whichever is replaced, the machine is whole."""
    recovered_from_disc(lab, program.image(lab, RAID10_LVM_XFS), slot)


@each_disk(5)
def test_raid1_3way_wholedisk(lab, slot):
    """Five virtio disks, the system on a mirror of two, data on a mirror of three whole disks without a partition table: whichever is replaced,
    the machine is whole."""
    recovered_from_disc(lab, program.image(lab, RAID1_3WAY_WHOLEDISK), slot)


@each_disk(3)
def test_spare_journal(lab, slot):
    """A RAID-5 with a hot spare and one with a write journal: whichever member's disk is replaced, both arrays are whole, spare and journal there."""
    recovered_from_disc(lab, program.image(lab, SPARE_JOURNAL), slot)


@cases(case("disk4", 3, thorough=True))
def test_journal_lost(lab, slot):
    """The disk with an array's write journal is gone: refused with the command to type, and no data is written. Once the operator has
    typed it, the recovery gives the array another journal, and the machine is whole."""
    made = program.image(lab, SPARE_JOURNAL)
    machine = program.boot(lab, made, prepare=blank_instead_of(slot), logged=True)
    program.agent_screen(machine, program.missing_row(made.layout.disks[slot].serial))
    seen = program.ask(machine)
    assert seen.word == "refused", seen
    command = seen.found(program.JOURNAL_LOST)["command"]
    recovered.bitmaps_alone_written(machine, made.layout, survivors(machine, slot))
    recovered.nothing_written(machine, slot)
    program.back(machine)
    program.in_shell(machine, command)
    program.agent_screen(machine, program.missing_row(made.layout.disks[slot].serial))
    program.consent(machine.console, program.ask(machine))
    whole_after(machine, made, slot)


@cases(case("disk2", 1, thorough=True))
def test_loose_cable(lab, slot):
    """A disk was loose for a while, in which the machine wrote: it is taken back, and where the array has a bitmap, only what was written
    meanwhile is copied to it."""
    made = program.image(lab, MIRROR_BIOS_MBR)
    machine = lab.machine("degraded", made.disks, bus=made.layout.bus)
    loose = machine.remove(slot)
    machine.start()
    wait_for_prompt(machine, made.layout, 300)
    machine.console.output("head -c 20M /dev/urandom >/root/later; sync")
    machine.power_off()
    later = dataclasses.replace(made, disks=machine.disks)
    machine = program.boot(lab, later, prepare=lambda off: off.insert(slot, loose), logged=True)
    program.agent_screen(machine)
    program.consent(machine.console, program.ask(machine))
    log = machine.write_log(slot)
    whole_after(machine, made)
    _, count = root = made.layout.partitions(slot)[2]
    copied = sum(change.count for change in writelog.inside(log, [root]))
    assert 20 * MIB // SECTOR <= copied < count // 4, f"{copied} of {count} sectors were written"


@each_disk(2)
def test_stripe_lost(lab, slot):
    """A disk of a RAID-0 died, and with it the array's data: that is said, its surviving half is left as it is, and the rest recovers. The
    machine starts completely without it, and without what lay on the disk alone: where it can be an empty filesystem takes its place. /boot, an
    xfs on the first disk alone, is what it was."""
    made = program.image(lab, MIRROR_AND_STRIPE)
    other = 1 - slot
    machine = program.boot(lab, made, prepare=blank_instead_of(slot), logged=True)
    program.agent_screen(machine, program.missing_row(made.layout.disks[slot].serial))
    asked = program.ask(machine).shows(program.STRIPE_LOST, *([program.ONLY_THERE_LOST] if slot == 1 else []))
    program.consent(machine.console, asked)
    ended = program.finish(machine.console).shows(program.LOST_LEFT_ALONE)
    assert ended.sentence.endswith(program.WHOLE_BUT[slot]), ended.sentence
    all_steps_done(ended)
    program.power_off(machine)
    recovered.survivors_untouched(machine, made.layout, survivors(machine, slot))
    half = made.layout.partitions(other)[2]
    assert not writelog.inside(machine.write_log(other), [half]), "the surviving half was written to"
    recovered.start(machine, made)
    console = machine.console
    assert console.run("systemctl is-system-running", check=False)[1].strip() == "running", console.output("systemctl --failed; systemctl list-jobs")
    for lost in ("/srv", *(["/scratch"] if slot == 1 else [])):
        assert (line := console.output(f"grep {lost} /etc/fstab")).strip().startswith(program.LOST_MARK), line
    assert console.output("cat /sys/block/md0/md/degraded").strip() == "0"
    assert console.output("findmnt -no FSTYPE,TARGET /archive").split() == ["ext4", "/archive"]
    assert console.output("findmnt -no FSTYPE,TARGET /boot").split() == ["xfs", "/boot"]
    assert payload.digests(machine) == made.payload
    log_is_kept(machine)


@cases(case("first-two", 0, 1, thorough=True), case("last-two", 3, 4, thorough=True))
def test_two_disks_at_once(lab, *slots):
    """Two of the five disks of a RAID-6 are replaced at once, by disks named in the order they were chosen: the machine is whole."""
    made = program.image(lab, RAID6_LUKS)

    def prepare(machine):
        for number, slot in enumerate(slots):
            blank_instead_of(slot, serial=f"BLANK00{number}")(machine)
    machine = program.boot(lab, made, prepare=prepare, logged=True)
    program.agent_screen(machine, *(program.missing_row(made.layout.disks[slot].serial) for slot in slots))
    asked = program.ask(machine)
    assert asked.word == "choose", asked
    program.answer(machine.console, program.number_of(asked, "BLANK000"), program.PROMPTS["choose"])
    for _ in slots:
        program.consent(machine.console, program.event(machine.console))
    whole_after(machine, made, *slots)
