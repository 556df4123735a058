# SPDX-License-Identifier: GPL-3.0-or-later
"""The guided recovery from the disc: a disk is dead, a blank one is there, and afterwards the machine is what it was."""

import dataclasses

import program
import recovered
from lab.disks import MIB
from lab.layouts import LAYOUTS
from lab.runner import case, cases
from recoveries import BLANK, NEW, OLD, blank_instead_of, from_disc, led_to_the_end, proven, survivors


@cases(case("1.2", NEW), case("0.90", OLD, thorough=True))
def test_2a_first_disk(lab, name):
    """Disk 1, which has /boot and the boot loader, is replaced. The plan is shown before any disk is written; afterwards the machine
    starts from that disk alone, and no survivor was written outside its array members."""
    made = program.image(lab, name)
    machine = program.boot(lab, made, prepare=blank_instead_of(0), logged=True)
    program.agent_screen(machine, program.array_row("md1", "_UUUUU"), program.missing_row(made.layout.disks[0].serial))
    asked = program.ask(machine).shows(made.layout.disks[0].serial, BLANK)
    recovered.nothing_written(machine)
    led_to_the_end(machine, asked)
    machine.screendump(lab.logs / "done.png")
    program.power_off(machine)
    recovered.survivors_untouched(machine, made.layout, survivors(machine, 0))
    proven(machine, made)
    recovered.parity_is_right(machine, made.layout)


@cases(*(case(f"disk{slot + 1}.{LAYOUTS[name].arrays[0].metadata}", name, slot, thorough=True) for name in (NEW, OLD) for slot in range(1, 6)))
def test_any_disk(lab, name, slot):
    """Any other disk is replaced: the same, and the machine starts from disk 1 as before."""
    made = program.image(lab, name)
    machine = from_disc(lab, made, blank_instead_of(slot), logged=True)
    recovered.survivors_untouched(machine, made.layout, survivors(machine, slot))
    proven(machine, made)


@cases(case("1.2", NEW, thorough=True), case("0.90", OLD, thorough=True))
def test_2c_unattended(lab, name):
    """Unattended, disk 1 is replaced without a question, and no survivor is written outside its array members."""
    made = program.image(lab, name)
    machine = program.boot_in_mode(lab, made, program.UNATTENDED, blank_instead_of(0), logged=True)
    program.finish(machine.console)
    program.power_off(machine)
    recovered.survivors_untouched(machine, made.layout, survivors(machine, 0))
    proven(machine, made)


@cases(case("two-blanks", "two-blanks", thorough=True), case("two-missing", "two-missing", thorough=True),
       case("not-blank", "not-blank", thorough=True))
def test_unattended_is_strict(lab, what):
    """Unattended, nothing is written when there is a choice to make, a second disk is missing, or the replacement is not blank."""
    def prepare(machine):
        blank_instead_of(0, fill=(lambda file: file.open("r+b").write(b"x")) if what == "not-blank" else None)(machine)
        if what == "two-blanks":
            machine.replace_disk(6, machine.disks[0].size)
        if what == "two-missing":
            machine.remove(5)
    made = program.image(lab, NEW)
    machine = program.boot_in_mode(lab, made, program.UNATTENDED, prepare, logged=True)
    said = program.event(machine.console, 300)
    assert said.word == "refused", said
    program.back(machine)
    recovered.nothing_written(machine)


@cases(case("1.2", NEW, thorough=True), case("0.90", OLD, thorough=True))
def test_fault_07_other_places(lab, name):
    """2d: all disks hang in other places, so that kernel names are others too, the replacement of disk 1 in yet another one; two processors."""
    made = program.image(lab, name)
    order = {0: 3, 1: 5, 2: None, 3: 1, 4: 2, 5: 4, 8: 0}  # slot in the machine -> disk of the layout

    def prepare(machine):
        blank_instead_of(0)(machine)
        disks = list(machine.disks)
        for slot, disk in order.items():
            machine.insert(slot, None if disk is None else disks[disk])
        machine.boot_disk = None
    machine = from_disc(lab, made, prepare, processors=2, logged=True)
    recovered.survivors_untouched(machine, made.layout, {slot: disk for slot, disk in order.items() if disk})
    proven(machine, made, boot_disk=8)


@cases(case("lsi", "lsi", True, thorough=True), case("sata", "sata", True, thorough=True),  # QEMU's SATA and USB disks always have a serial
       case("virtio", "virtio", True, thorough=True), case("virtio-no-serials", "virtio", False, thorough=True),
       case("nvme", "nvme", True, thorough=True), case("usb", "usb", True, thorough=True))
def test_fault_07_other_controller(lab, bus, serials):
    """All disks hang on a controller of another kind, and so in other places, under other names and without world wide names; they may even be
    without serials: the recovery goes by content, and the machine starts there."""
    made = program.image(lab, NEW)
    there = made.disks if serials else [dataclasses.replace(disk, serial="", wwn="") for disk in made.disks]
    machine = from_disc(lab, dataclasses.replace(made, disks=there), blank_instead_of(0, serial=BLANK if serials else ""), bus=bus)
    proven(machine, made)


@cases(case("larger", 1500 * MIB, NEW, thorough=True), case("larger.0.90", 1500 * MIB, OLD, thorough=True),
       case("smaller", LAYOUTS[NEW].end(0) + MIB, NEW, thorough=True))
def test_fault_11_other_size(lab, size, name):
    """2e: the replacement of disk 1 is larger, or smaller in the free space at its end alone: the same partitions (fault 10, 11)."""
    made = program.image(lab, name)
    proven(from_disc(lab, made, blank_instead_of(0, size=size)), made)


@cases(case("cd.1.2", "cd", thorough=True), case("usb.1.2", "usb", thorough=True))
def test_medium_taken_out(lab, kind):
    """Once the medium was read it is in memory, which is said; it is taken out before the question is answered, and the recovery goes to its end."""
    made = program.image(lab, NEW)
    machine = program.boot(lab, made, kind, prepare=blank_instead_of(0))
    program.agent_screen(machine)
    asked = program.ask(machine).shows(program.MEDIUM_IN_MEMORY)
    machine.take_medium_out()
    led_to_the_end(machine, asked)
    program.power_off(machine)
    proven(machine, made)


@cases(case("512-mb.1.2", NEW, 512, thorough=True))
def test_little_memory(lab, name, memory):
    """A machine with 512 MB of memory is recovered from the disc all the same."""
    made = program.image(lab, name)
    proven(from_disc(lab, made, blank_instead_of(0), memory=memory), made)
