# SPDX-License-Identifier: GPL-3.0-or-later
"""What else goes wrong (FAULTS.md, by number), from the disc."""

import dataclasses

import program
import recovered
from lab import writelog
from lab.disks import MIB, SECTOR, Fault
from lab.installer import wait_for_prompt
from lab.runner import case, cases
from recoveries import BLANK, NEW, OLD, blank_instead_of, from_disc, led_to_the_end, proven, used_since


@cases(case("1.2", NEW, thorough=True))
def test_fault_05_not_blank(lab, name):
    """The replacement has no signature, but one byte somewhere: written only after the end of its serial was typed; yes is not enough."""
    def fill(file):
        with open(file, "r+b") as disk:
            disk.seek(12345)
            disk.write(b"x")
    made = program.image(lab, name)
    machine = program.boot(lab, made, prepare=blank_instead_of(0, fill=fill), logged=True)
    program.agent_screen(machine)
    recovered_by_serial(machine)
    proven(machine, made)


def recovered_by_serial(machine):
    """Leads a machine at the agent's overview through the recovery, where the end of the replacement's serial is asked for: yes is not enough."""
    for answer in ("yes", "", BLANK[-4:]):
        asked = program.ask(machine)
        assert asked.word == "confirm", asked
        recovered.nothing_written(machine)
        program.answer(machine.console, answer, program.PROMPTS["serial"])
        if answer != BLANK[-4:]:
            assert program.event(machine.console).word == "cancelled"
            program.back(machine)
    program.finish(machine.console)
    program.power_off(machine)


@cases(case("1.2", NEW, thorough=True))
def test_fault_25_clone(lab, name):
    """A copy of the machine: what is on its disks is the recorded machine's, and each says that it is another. That is told, unattended it is
    refused, and the end of the replacement's serial has to be typed."""
    made = program.image(lab, name)
    copy = dataclasses.replace(made, disks=[dataclasses.replace(disk, serial=f"COPY{slot}", wwn="") for slot, disk in enumerate(made.disks)])
    unattended = program.boot_in_mode(lab, copy, program.UNATTENDED, blank_instead_of(0), logged=True)
    assert program.event(unattended.console, 300).word == "refused"
    recovered.nothing_written(unattended)
    unattended.kill()
    machine = program.boot(lab, copy, prepare=blank_instead_of(0), logged=True)
    program.agent_screen(machine)
    program.ask(machine).shows(program.COPY_OF_MACHINE)
    program.answer(machine.console, "", program.PROMPTS["serial"])
    assert program.event(machine.console).word == "cancelled"
    program.back(machine)
    recovered_by_serial(machine)
    proven(machine, made)


@cases(case("1.2", NEW, thorough=True))
def test_fault_08_two_blank_disks(lab, name):
    """Two blank disks are there: both are listed with serial and size, Enter alone chooses none, and the one that is named is the one written."""
    made = program.image(lab, name)
    size = made.disks[0].size

    def prepare(machine):
        machine.remove(0)
        machine.replace_disk(6, size, "CHOICE06")
        machine.replace_disk(7, size + 64 * MIB, "CHOICE07")
    machine = program.boot(lab, made, prepare=prepare, logged=True)
    program.agent_screen(machine)
    for number in ("", "9", "x"):
        asked = program.ask(machine).shows("CHOICE06", "CHOICE07")
        assert asked.word == "choose", asked
        program.answer(machine.console, number, program.PROMPTS["choose"])
        assert program.event(machine.console).word == "cancelled"
        recovered.nothing_written(machine)
        program.back(machine)
    asked = program.ask(machine)
    program.answer(machine.console, program.number_of(asked, "CHOICE07"), program.PROMPTS["choose"])
    led_to_the_end(machine, program.event(machine.console).shows("CHOICE07"))
    program.power_off(machine)
    recovered.nothing_written(machine, 6)
    proven(machine, made, boot_disk=7)


@cases(case("1.2", NEW, thorough=True))
def test_fault_14_unreadable_survivor(lab, name):
    """A sector of a survivor cannot be read while md rebuilds: md ends as if nothing was; the result is failed, and names sectors and members."""
    made = program.image(lab, name)

    def prepare(machine):
        blank_instead_of(0)(machine)
        first, count = made.layout.members(2)[1]
        machine.insert(2, dataclasses.replace(machine.disks[2], faults=(Fault("read", first + count // 2),)))
    machine = program.boot(lab, made, prepare=prepare)
    program.agent_screen(machine)
    program.consent(machine.console, program.ask(machine))
    seen = program.event(machine.console, 900)
    while seen.word == "rebuild":
        seen = program.event(machine.console, 900)
    assert seen.word == "failed", seen
    seen.shows(program.BAD_BLOCKS)


@cases(case("table", 0, thorough=True), case("member", 600_000, thorough=True))
def test_fault_15_bad_target(lab, sector):
    """The replacement cannot be written, at its first sector or in a member: stopped, and the survivors are as they were; with a good
    replacement the recovery goes to its end."""
    made = program.image(lab, NEW)
    machine = program.boot(lab, made, prepare=blank_instead_of(0, faults=(Fault("write", sector),)))
    program.agent_screen(machine)
    program.consent(machine.console, program.ask(machine))
    seen = program.event(machine.console, 900)
    while seen.word == "rebuild":
        seen = program.event(machine.console, 900)
    assert seen.word == "failed", seen
    seen.shows(BLANK)
    machine.cut()
    machine.replace_disk(0, serial="GOOD0001")
    program.start(machine)
    program.agent_screen(machine)
    led_to_the_end(machine)
    program.power_off(machine)
    proven(machine, made)


@cases(case("1.2", NEW, thorough=True), case("0.90", OLD, thorough=True))
def test_fault_16_stale_member(lab, name):
    """Disk 4 was loose for a while, in which the machine wrote: it is taken back, not formatted."""
    made = program.image(lab, name)
    machine = lab.machine("victim", made.disks)
    loose = machine.remove(3)
    machine.start()
    wait_for_prompt(machine, made.layout, 300)
    machine.console.output("head -c 20M /dev/urandom >/home/later; cp /home/later /root/later; sync")
    machine.power_off()

    def prepare(off):
        off.insert(3, loose)
    machine = from_disc(lab, dataclasses.replace(made, disks=machine.disks), prepare)
    proven(machine, made)
    machine.console.output("cmp /home/later /root/later", 120)


@cases(case("1.2", NEW))
def test_fault_19_returns_too_late(lab, name):
    """The dead disk 1 comes back beside one that is its clone: refused until one of them is removed (fault 16, 19)."""
    made = program.image(lab, name)
    machine = program.boot(lab, made, prepare=lambda off: off.insert(6, dataclasses.replace(
        made.disks[0].layer(lab.work / "twin.qcow2"), serial="TWIN0001", wwn="")), logged=True)
    program.agent_screen(machine)
    seen = program.ask(machine)
    assert seen.word == "refused", seen
    seen.shows(program.DUPLICATE)
    recovered.nothing_written(machine)


@cases(case("1.2", NEW, thorough=True), case("0.90", OLD, thorough=True))
def test_fault_16_after_we_wrote(lab, name):
    """Disk 4 was replaced and rebuilt; then the old one is put in as well: refused, and nothing is written."""
    made = program.image(lab, name)
    machine = from_disc(lab, made, blank_instead_of(3))
    machine = program.boot(lab, dataclasses.replace(made, disks=machine.disks), logged=True,
                           prepare=lambda off: off.insert(6, made.disks[3].layer(lab.work / "old.qcow2")))
    program.agent_screen(machine)
    seen = program.ask(machine)
    assert seen.word == "refused", seen
    seen.shows(program.DUPLICATE)
    recovered.nothing_written(machine)


@cases(case("1.2", NEW, thorough=True), case("0.90", OLD, thorough=True))
def test_fault_18_dirty_and_degraded(lab, name):
    """A degraded machine crashed while it was writing. Unattended this is refused; asked, the operator is told of the write hole, starts the
    array by a typed answer, and the recovery goes to its end."""
    made = program.image(lab, name)
    machine = lab.machine("victim", made.disks)
    machine.remove(3)
    machine.start()
    wait_for_prompt(machine, made.layout, 300)
    machine.console.output("for place in /home /root; do (while head -c 8M /dev/urandom >$place/busy; do sync; done) >/dev/null 2>&1 & done; "
                           "until [ $(sort -u /sys/block/md[01]/md/array_state) = active ]; do :; done")
    machine.cut()
    crashed = dataclasses.replace(made, disks=machine.disks)

    unattended = program.boot_in_mode(lab, crashed, program.UNATTENDED, lambda off: off.replace_disk(3, made.disks[3].size, BLANK), logged=True)
    assert program.event(unattended.console, 300).word == "refused"
    recovered.nothing_written(unattended)
    unattended.kill()

    machine = program.boot(lab, crashed, prepare=lambda off: off.replace_disk(3, made.disks[3].size, BLANK))
    program.agent_screen(machine)
    assert program.ask(machine).word == "dirty"
    program.answer(machine.console, "yes", program.PROMPTS["dirty"])
    assert program.event(machine.console).word == "cancelled"
    program.back(machine)
    led_to_the_end(machine, program.start_dirty_arrays(machine, [program.WRITE_HOLE]))
    program.power_off(machine)
    recovered.starts_by_itself(machine, made)


@cases(case("1.2", NEW, thorough=True))
def test_fault_21_built_while_degraded(lab, name):
    """A degraded machine refuses to build its image, unless it is told to; the image says so. The record of the whole machine is kept."""
    machine = lab.victim(name)
    program.install(machine, lab.package())
    program.build(machine, "/root/whole.iso")
    record = machine.console.output("sha256sum /var/lib/mdrescue/machine.json")
    machine.console.output("mdadm --quiet /dev/md1 --fail $(ls -d /sys/block/md1/md/dev-* | sed -n '1s,.*dev-,/dev/,p')")
    status, said = machine.console.run("mdrescue build -o /root/bootcd.iso", 300, check=False)
    assert status == 1 and "--allow-degraded" in said, f"status {status}: {said}"
    machine.console.output("! test -e /root/bootcd.iso")
    program.build(machine, options="--allow-degraded")
    assert program.DEGRADED_THEN in machine.console.output("mdrescue inspect /root/bootcd.iso", 120)
    assert machine.console.output("sha256sum /var/lib/mdrescue/machine.json") == record


@cases(case("lvm", "mirror-bios-gpt", thorough=True))
def test_fault_30_hibernated(lab, name):
    """The installed system sleeps in a swap on LVM, which is seen only when the volumes are active: the recovery ends there, by itself as with an
    operator, and nothing is written on the root filesystem."""
    made = program.image(lab, name)
    asleep = used_since(lab, made, "swapoff -a; printf 'S1SUSPEND\\0' | dd of=/dev/vg0/swap bs=1 seek=4086 conv=notrunc,fsync status=none")
    for unattended in (True, False):
        machine = (program.boot_in_mode(lab, asleep, program.UNATTENDED, blank_instead_of(0), logged=True) if unattended
                   else program.boot(lab, asleep, prepare=blank_instead_of(0), logged=True))
        if not unattended:
            program.agent_screen(machine)
            program.consent(machine.console, program.ask(machine))
        seen = program.event(machine.console, 300)
        assert seen.word == "failed" and "hibernated" in seen.sentence, seen
        first, count = made.layout.partitions(1)[3]
        superblock = MIB // SECTOR  # md's own, and all before the data
        assert not writelog.inside(machine.write_log(1), [(first + superblock, count - superblock)]), "the root's array was written to"
        machine.kill()


NASTY = ("", "QM00001", "QM00001", " sp ace ", "$(reboot)", "\x1b[2J`id`;é")


@cases(case("none", [""] * 6, "", thorough=True), case("equal", ["QM00001"] * 6, "QM00001", thorough=True), case("nasty", NASTY, "'; reboot #", thorough=True))
def test_fault_26_serials(lab, serials, new):
    """All disks have other serials than recorded (and no world wide names): none, the same, or hostile ones. The recovery goes by content."""
    made = program.image(lab, NEW)
    anonymous = [dataclasses.replace(disk, serial=serial, wwn="") for disk, serial in zip(made.disks, serials)]
    proven(from_disc(lab, dataclasses.replace(made, disks=anonymous), blank_instead_of(0, serial=new)), made)


@cases(case("nasty", NASTY, thorough=True))
def test_fault_26_built_with_serials(lab, serials):
    """The image is built on a machine whose disks have such serials, equal ones and hostile ones among them; disk 1 is replaced."""
    first = program.image(lab, NEW)
    machine = lab.machine("victim", [dataclasses.replace(disk, serial=serial, wwn="") for disk, serial in zip(first.disks, serials)],
                          share=lab.work)
    machine.start()
    wait_for_prompt(machine, first.layout, 300)
    program.mount_share(machine)
    # an administrator's choice of the disk for GRUB, since the names that the first image's machine had are no more
    machine.console.output("link=$(find -L /dev/disk/by-path -samefile /dev/sda) && "
                           "echo grub-pc grub-pc/install_devices multiselect $link | debconf-set-selections && rm /root/bootcd.iso")
    made = program.built(lab, machine, first.layout, first.state, first.payload)
    proven(from_disc(lab, made, blank_instead_of(0, serial="")), made)


@cases(case("past", "1999-12-31T23:59:59", thorough=True), case("future", "2099-01-01T00:00:00", thorough=True))
def test_fault_35_wrong_clock(lab, clock):
    """The clock is years off, in the past or the future: the recovery is the same."""
    made = program.image(lab, NEW)
    machine = from_disc(lab, made, blank_instead_of(0), clock=clock)
    machine.clock = None
    proven(machine, made)


@cases(case("1.2", NEW))
def test_fault_36_answers(lab, name):
    """Junk, an empty line, a wrong end of a serial, Ctrl-C, end of file and keys that are no letters are no consent: back to the overview,
    nothing written."""
    made = program.image(lab, name)
    machine = program.boot(lab, made, prepare=blank_instead_of(0), logged=True)
    program.agent_screen(machine)
    for answer in ("junk", "", "YES please", BLANK[-4:], "y", "\x03", "\x04", "\x1b[A\x1b[B", "ye\x00s!"):
        asked = program.ask(machine)
        assert asked.word == "confirm", asked
        program.answer(machine.console, answer, program.PROMPTS["confirm"])
        seen = program.event(machine.console)
        assert seen.word == "cancelled", f"after {answer!r}: {seen}"
        program.back(machine)
    recovered.nothing_written(machine)
