# SPDX-License-Identifier: GPL-3.0-or-later
"""2f: recoveries that are cut short at any moment, and go on."""

import dataclasses
import shutil

import program
import recovered
from lab import disks, writelog
from lab.installer import wait_for_prompt
from lab.runner import case, cases
from recoveries import BLANK, NEW, OLD, blank_instead_of, from_disc, led_to_the_end, proven

STEPS = {"table": "partition table", "filesystem": "ext4 filesystem", "files": "files of /boot", "loader": "boot loader"}
BOTH = (case("1.2", NEW, thorough=True), case("0.90", OLD, thorough=True))


def slow_rebuild(machine):
    """Disk 1 is replaced, and a survivor is read so slowly that md rebuilds for a minute, long after everything else is restored."""
    blank_instead_of(0)(machine)
    machine.insert(5, dataclasses.replace(machine.disks[5], read_speed=8_000_000))


@cases(*BOTH)
def test_fault_01_cut_after_each_step(lab, name):
    """The power fails after the first step, in the next start after the second, and so on (what takes no time is done before it is off); at last
    nothing is left to be done, and the machine is whole."""
    made = program.image(lab, name)
    machine = program.boot(lab, made, prepare=blank_instead_of(0))
    ended = []
    while (asked := asked_on_the_disc(machine)).word == "confirm":
        program.consent(machine.console, asked)
        title = program.wait_for_new_step(machine.console, ended)
        if not title:
            break
        ended.append(title)
        machine.cut()
        program.start(machine)
    assert asked.word in ("confirm", "done"), asked
    assert len(ended) >= 8, ended
    program.power_off(machine)
    recovered.starts_and_resyncs(machine, made)


def asked_on_the_disc(machine):
    """What the guided recovery asks (or says) first, after a start from the disc."""
    program.agent_screen(machine)
    return program.ask(machine)


def cut_in_the_rebuild(machine):
    """Leads a machine that starts from the disc to where md rebuilds, and takes its power away."""
    program.consent(machine.console, asked_on_the_disc(machine))
    seen = program.event(machine.console, 600)
    assert seen.word == "rebuild", seen
    machine.cut()


@cases(*BOTH)
def test_fault_03_cut_in_the_rebuild(lab, name):
    """The power fails while md rebuilds, twice; from the disc the recovery goes on to the end."""
    made = program.image(lab, name)
    machine = program.boot(lab, made, prepare=slow_rebuild)
    for _ in range(2):
        cut_in_the_rebuild(machine)
        program.start(machine)
    program.agent_screen(machine)
    led_to_the_end(machine)
    program.power_off(machine)
    proven(machine, made)


@cases(*BOTH)
def test_restart_during_the_rebuild(lab, name):
    """The operator restarts while md rebuilds, and takes the disc out: the machine starts from its new disk, md goes on, and
    `mdrescue recover` there does what was left. The log of what was done from the disc is with the other one in the end."""
    made = program.image(lab, name)
    machine = program.boot(lab, made, prepare=slow_rebuild)
    program.consent(machine.console, asked_on_the_disc(machine))
    assert program.event(machine.console, 600).word == "rebuild"
    program.restart_during_the_rebuild(machine)
    machine.medium = None
    machine.start()
    wait_for_prompt(machine, made.layout, 300)
    program.consent(machine.console, program.ask_online(machine))
    program.finish(machine.console)
    assert program.exit_status(machine) == 0
    recovered.is_whole(machine, made)
    machine.power_off()
    begun = proven(machine, made)
    assert any(STEPS["table"] in step for step in begun), begun


@dataclasses.dataclass(frozen=True)
class Recording:
    """A recovery of disk 1 whose every write was logged: the disks before, the logs, when they were how long, and the console's log."""

    disks: list
    logs: list
    timeline: writelog.Timeline
    console: bytes

    def boundaries(self, title):
        """How long the log of disk 1 was at each moment, during the step of this title, when all before it was safe on the disk."""
        ends = program.step_lines(self.console)
        number = next(number for number, (_, name) in enumerate(ends) if title in name)
        first, last = ends[number - 1][0], ends[number][0]  # a mark is made before any of these
        during = [sample.logs[0] for sample in self.timeline.samples if first <= sample.console <= last]
        return [end for end in writelog.flushed(self.logs[0]) if during[0] <= end <= during[-1]]


def recording(lab, name):
    """The recording for a layout, made once in a run."""
    made = program.image(lab, name)

    def make(own):
        machine = program.boot(own, made, prepare=blank_instead_of(0), logged=True)
        timeline = writelog.Timeline(machine)
        with timeline.watched():
            program.agent_screen(machine)
            led_to_the_end(machine)
        console = machine.console.log.read_bytes()
        machine.kill()
        blank = disks.blank(own.work / "blank.qcow2", made.disks[0].size, BLANK)  # the machine's layers lie on the image's disks
        return Recording([blank, *made.disks[1:]], timeline.files, timeline, console)
    return lab.shared(f"recording-{name}", make)


def some(flushes, count, last):
    """That many of the flushes spread evenly, and the last ones: a boot loader is made of hundreds, and its boot sector comes at the end."""
    spread = [flushes[index * (len(flushes) - 1) // (count - 1)] for index in range(count)]
    return sorted({*spread, *flushes[-last:]})


@cases(case("table.1.2", NEW, "table", thorough=True), case("filesystem.1.2", NEW, "filesystem", thorough=True),
       case("files.1.2", NEW, "files", 5, 1, thorough=True), case("loader.1.2", NEW, "loader", 8, 4, thorough=True),
       case("table.0.90", OLD, "table", thorough=True), case("filesystem.0.90", OLD, "filesystem", 3, 1, thorough=True),
       case("files.0.90", OLD, "files", 2, 1, thorough=True), case("loader.0.90", OLD, "loader", 2, 2, thorough=True))
def test_fault_02_replayed(lab, name, step, *chosen):
    """All disks as they were at each flush within a step (at some, of hundreds), replayed from the logs of their writes: the recovery goes on
    to the end."""
    made, recorded = program.image(lab, name), recording(lab, name)
    flushes = recorded.boundaries(STEPS[step])
    for length in some(flushes, *chosen) if chosen else flushes:
        print(f"{step}: flush {flushes.index(length) + 1} of {len(flushes)}", flush=True)
        lengths = (length, *recorded.timeline.when(0, length).logs[1:])
        folder = lab.work / "then"
        folder.mkdir()
        then = [writelog.replay(disk, log, end, folder / f"disk{slot + 1}.img")
                for slot, (disk, log, end) in enumerate(zip(recorded.disks, recorded.logs, lengths))]
        machine = from_disc(lab, dataclasses.replace(made, disks=then), prepare=None)
        proven(machine, made)
        machine.kill()
        shutil.rmtree(folder)
