# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole recoveries, as several tests need them: a disk is replaced, the program is led through it, and the machine is proven."""

import dataclasses
import json

import program
import recovered
from lab.installer import wait_for_prompt

NEW, OLD = "linux-journal-1.2", "linux-journal-0.90"
BLANK = "BLANK001"  # serial of a replacement


def blank_instead_of(slot, place=None, **properties):
    """Takes the disk in a slot away and puts a blank one (size, serial, … may be given) into the same slot, or into `place`."""
    def prepare(machine):
        dead = machine.remove(slot)
        machine.replace_disk(slot if place is None else place, **{
            "size": dead.size, "logical_sector": dead.logical_sector, "physical_sector": dead.physical_sector, "serial": BLANK, **properties})
    return prepare


def used_since(lab, made, command):
    """The machine of an image after it was started from its own disks once more, and a command was run in it."""
    machine = lab.machine("used", made.disks, bus=made.layout.bus)
    machine.start()
    wait_for_prompt(machine, made.layout, 300)
    machine.console.output(command)
    machine.power_off()
    return dataclasses.replace(made, disks=machine.disks)


def survivors(machine, *written):
    """Slots of the disks that were not replaced, each where its layout has it."""
    return {slot: slot for slot in range(len(machine.disks)) if slot not in written}


def all_steps_done(ended):
    """Every step of the plan said once that it is done; returns their titles."""
    steps = program.steps(ended.said)
    count = len(steps)
    assert [step[:3] for step in steps] == [(number, count, "done") for number in range(1, count + 1)], steps
    return [title for *_, title in steps]


def led_to_the_end(machine, asked=None):
    """Leads a machine at the agent's overview (or at the question `asked`) through the guided recovery; returns the steps' titles."""
    asked = asked or program.ask(machine)
    program.consent(machine.console, asked)
    return all_steps_done(program.finish(machine.console))


def from_disc(lab, made, prepare, **options):
    """Boots the disc, leads through the guided recovery and switches the machine off; returns it."""
    machine = program.boot(lab, made, prepare=prepare, **options)
    program.agent_screen(machine)
    led_to_the_end(machine)
    program.power_off(machine)
    return machine


def log_is_kept(machine):
    """The recovered system, at its root prompt, has the log of its recovery: for people, and as JSON lines, up to the result. Returns the
    sentences of the steps that were begun."""
    folder = program.LOG_FOLDER
    assert machine.console.output(f"cat {folder}/*.log").strip(), "the log for people is empty"
    events = [json.loads(line) for line in machine.console.output(f"cat {folder}/*.jsonl").splitlines()]
    assert [event["outcome"] for event in events if event["event"] == "result"][-1:] == ["done"], events[-3:]
    assert any(event["event"] == "proof" for event in events), events[-3:]
    return [event["sentence"] for event in events if event["event"] == "begin"]


def proven(machine, made, boot_disk=None):
    """The machine, switched off after its recovery, starts by itself from its own disks and is whole; the log is there. Returns its steps."""
    recovered.starts_by_itself(machine, made, boot_disk)
    return log_is_kept(machine)
