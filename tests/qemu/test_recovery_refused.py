# SPDX-License-Identifier: GPL-3.0-or-later
"""What the guided recovery refuses, saying why, and with nothing written to any disk."""

import dataclasses

import program
import recovered
from lab import contents
from lab.disks import MIB
from lab.layouts import LAYOUTS
from lab.runner import case, cases
from recoveries import NEW, OLD, blank_instead_of

BOTH = (case("1.2", NEW), case("0.90", OLD, thorough=True))


def refused(lab, made, prepare, *words, asks=program.ask):
    """Boots the disc beside disks as prepared; the guided recovery refuses in these words, and no disk was written."""
    machine = program.boot(lab, made, prepare=prepare, logged=True)
    program.agent_screen(machine)
    seen = asks(machine)
    assert seen.word == "refused", f"not refused, but {seen.word}:\n{seen.said[-4000:]}"
    seen.shows(*words)
    program.back(machine)
    recovered.nothing_written(machine)


@cases(*BOTH)
def test_fault_09_no_blank_disk(lab, name):
    """Disk 1 is gone and there is no other: refused, with the offer to start the installed system degraded."""
    made = program.image(lab, name)
    refused(lab, made, lambda machine: machine.remove(0), program.NO_REPLACEMENT, made.layout.disks[0].serial, program.DEGRADED_OFFER)


@cases(*BOTH)
def test_fault_10_one_mib_short(lab, name):
    """The replacement ends one MiB before the last partition does: refused, naming the bytes that are missing."""
    made = program.image(lab, name)
    refused(lab, made, blank_instead_of(0, size=made.layout.end(0) - MIB), program.too_small(MIB))


@cases(*BOTH)
def test_fault_12_other_sector_size(lab, name):
    """The replacement has sectors of 4096 bytes: refused."""
    refused(lab, program.image(lab, name), blank_instead_of(0, logical_sector=4096), program.OTHER_SECTORS)


CONTENTS = (("ext4", contents.ext4, program.holds("ext4")), ("gpt", contents.gpt, program.HAS_TABLE), ("gpt-at-its-end", contents.gpt_at_end, program.HAS_TABLE),
            ("member-1.2", contents.member("1.2"), program.FOREIGN_MEMBER), ("member-0.90", contents.member("0.90"), program.FOREIGN_MEMBER))
MORE_CONTENTS = (("member-1.0", contents.member("1.0"), program.FOREIGN_MEMBER), ("member-1.1", contents.member("1.1"), program.FOREIGN_MEMBER),
                 *((f"partition-{metadata}", contents.partition_member(metadata), program.FOREIGN_MEMBER) for metadata in ("0.90", "1.0", "1.1", "1.2")))


@cases(*(case(what, fill, word) for what, fill, word in CONTENTS), *(case(what, fill, word, thorough=True) for what, fill, word in MORE_CONTENTS))
def test_fault_04_06_not_empty(lab, fill, word):
    """The replacement holds a filesystem, a partition table, or a member of an array of some other machine (fault 4, 6): refused, naming it."""
    refused(lab, program.image(lab, NEW), blank_instead_of(0, fill=fill), word)


@cases(*BOTH)
def test_two_disks_missing(lab, name):
    """Two disks are gone and two blank ones are there: both arrays have lost too much; refused."""
    def prepare(machine):
        for slot in (1, 2):
            machine.replace_disk(slot)
    refused(lab, program.image(lab, name), prepare, program.ARRAY_LOST)


@cases(case("other", True), case("unknown", False))
def test_fault_25_other_machine(lab, arrays):
    """The disc is booted on another machine, with an array of its own or none at all: refused, saying whose disc it is."""
    def prepare(machine):
        for slot in range(len(machine.disks)):
            size = machine.remove(slot).size
            if slot < 2:
                machine.replace_disk(slot, size, fill=contents.partition_member("1.2", slot) if arrays else None)
    made = program.image(lab, NEW)
    refused(lab, made, prepare, program.OTHER_MACHINE if arrays else program.UNKNOWN_MACHINE, made.layout.hostname)


@cases(case("file-in-boot", 0), case("not-needed", 3))
def test_fault_22_rotten_medium(lab, slot):
    """A byte of the snapshot of /boot on the medium is another: refused before the first write, also where no file has to come back."""
    made = program.image(lab, NEW)
    rotten = lab.work / "rotten.iso"
    data = bytearray(made.file.read_bytes())
    place = data.index(b"menuentry 'Debian GNU/Linux'")  # in /boot/grub/grub.cfg
    data[place] ^= 1
    rotten.write_bytes(data)

    def asks(machine):
        seen = program.ask(machine)
        if seen.word == "confirm":
            program.consent(machine.console, seen)
            seen = program.event(machine.console)
        return seen
    refused(lab, dataclasses.replace(made, file=rotten), blank_instead_of(slot), program.ROTTEN, asks=asks)


@cases(case("1.2", NEW))
def test_fault_27_never_candidates(lab, name):
    """A read-only disk, a removable one and the medium itself (a USB stick) are never replacements, however blank: refused, saying why."""
    made = program.image(lab, name)

    def prepare(machine):
        size = machine.remove(0).size
        machine.replace_disk(6, size, read_only=True)
        machine.replace_disk(7, size, removable=True)
    machine = program.boot(lab, made, "usb", prepare=prepare, logged=True)
    program.agent_screen(machine)
    seen = program.ask(machine)
    assert seen.word == "refused", seen
    seen.shows(program.READ_ONLY, program.REMOVABLE)
    recovered.nothing_written(machine)
