# SPDX-License-Identifier: GPL-3.0-or-later
"""The recovery on the running installed system: `mdrescue recover`."""

import program
import recovered
from lab.installer import wait_for_prompt
from lab.runner import case, cases
from recoveries import NEW, OLD, all_steps_done, blank_instead_of, proven, survivors


def started_degraded(lab, made, slot, **options):
    """The machine has started by itself with a blank disk in the place of one; it is at its root prompt."""
    machine = lab.machine("degraded", made.disks, **options)
    blank_instead_of(slot)(machine)
    machine.start()
    wait_for_prompt(machine, made.layout, 300)
    return machine


def repaired(machine, options=""):
    """Leads `mdrescue recover` to its end; returns the steps' titles."""
    program.consent(machine.console, program.ask_online(machine, options))
    titles = all_steps_done(program.finish(machine.console))
    assert program.exit_status(machine) == 0
    return titles


@cases(case("0.90", OLD), case("1.2", NEW, thorough=True))
def test_1_disk_four(lab, name):
    """Disk 4 is replaced; the machine starts by itself, degraded. A dry run writes nothing; the recovery brings both arrays to all U, and no survivor is
    written outside its array members. After a restart the machine is what it was."""
    made = program.image(lab, name)
    machine = started_degraded(lab, made, 3, logged=True)
    mdstat = machine.console.output("cat /proc/mdstat")
    assert "[UU_UU]" in mdstat and "[UUU_UU]" in mdstat, mdstat
    machine.console.output("mdrescue recover --dry-run", 180)
    recovered.nothing_written(machine, 3)
    repaired(machine)
    recovered.is_whole(machine, made)
    machine.power_off()
    recovered.survivors_untouched(machine, made.layout, survivors(machine, 3), mounted=[(0, 1)])
    proven(machine, made)


@cases(case("1.2", NEW, thorough=True))
def test_fault_36_answers(lab, name):
    """End of file, junk, an empty line, Ctrl-C and a terminal that hangs up mean no: the exit status says so, and nothing was written."""
    made = program.image(lab, name)
    machine = started_degraded(lab, made, 3, logged=True)
    console = machine.console
    for given in ("</dev/null", "<<<junk", "<<<''", "<<<yess"):
        status, said = console.run(f"mdrescue recover {given}", 180, check=False)
        assert status == 1, f"{given}: status {status}: {said}"
    for answer in ("junk", "", "YES please", "\x04", "\x03", "\x1b[A"):
        asked = program.ask_online(machine)
        assert asked.word == "confirm", asked
        program.answer(console, answer, program.PROMPTS["confirm"])
        seen = program.event(console)
        assert seen.word == "cancelled", f"after {answer!r}: {seen}"
        assert program.exit_status(machine) == 1
    console.output("script --quiet --command 'mdrescue recover' /run/said </dev/zero >/dev/null & until grep -q 'READY confirm' /run/said; do sleep 0.1; done; "
                   "kill -HUP $(pidof mdrescue); kill $!; wait; ! pidof mdrescue", 180)
    recovered.nothing_written(machine, 3)


@cases(*(case(what, tool, what, thorough=True) for what, tool in (("fails", "exit 1"), ("prints-garbage", "head -c 65536 /dev/urandom"), ("is-killed", "kill -KILL $$"),
                                                                 ("hangs", "while :; do sleep 1; done"))))
def test_fault_37_broken_tools(lab, tool, what):
    """sfdisk, then mdadm, fails, hangs, is killed or prints garbage: the recovery fails and says which; with the tool whole again it goes on to the end."""
    made = program.image(lab, NEW)
    machine = started_degraded(lab, made, 3)
    console = machine.console
    for path in ("/sbin/sfdisk", "/sbin/mdadm"):
        console.output(f"cp {path} {path}.whole && printf '%s\\n' '#!/bin/sh' '{tool}' >/run/broken && install /run/broken {path}")
        asked = program.ask_online(machine)
        if asked.word == "confirm":
            program.consent(console, asked)
            asked = program.event(console, 600)
        assert asked.word in ("failed", "refused"), f"{path} {what}: {asked}"
        assert program.exit_status(machine) == 1
        console.output(f"mv {path}.whole {path}")
    repaired(machine)
    recovered.is_whole(machine, made)


# Kills the program when what it said has a step that ended and is not listed in /run/ended.
KILLER = r"""
until tr '\r' '\n' </run/said | grep -E ' [0-9]+/[0-9]+ .*done' | grep -qvFf /run/ended; do sleep 0.05; done
pkill -KILL -x mdrescue
"""


@cases(case("1.2", NEW, thorough=True), case("0.90", OLD, thorough=True))
def test_2f_killed_after_each_step(lab, name):
    """The program is killed (SIGKILL) as soon as a step has ended, and started again, for every step in turn; then it goes on to the end."""
    made = program.image(lab, name)
    machine = started_degraded(lab, made, 3)
    console = machine.console
    console.output(f"cat >/run/killer <<'END'\n{KILLER}END\n: >/run/ended")
    ended = []
    while True:
        console.output(": >/run/said; sh /run/killer >/dev/null 2>&1 &")
        console.line("script --quiet --flush --command 'mdrescue recover' /run/said; printf '\\n@@left@@\\n'")
        asked = program.event(console)
        if asked.word == "done":
            console.wait("^@@left@@$", 60)  # what is typed before that is the program's
            break
        program.consent(console, asked)
        title = program.wait_for_new_step(console, ended)
        console.wait("^@@left@@$", 600)
        if not title:
            break
        ended.append(title)
        console.output(f"echo '{title}' >>/run/ended; ! pidof mdrescue")
    assert len(ended) >= 5, ended
    recovered.is_whole(machine, made)
    machine.power_off()
    proven(machine, made)
