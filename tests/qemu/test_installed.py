# SPDX-License-Identifier: GPL-3.0-or-later
"""The installed system, started from the disc: degraded, and without what is missing."""

import base64
import time

import program
import recovered
from lab.installer import wait_for_prompt
from lab.runner import case, cases
from recoveries import NEW, OLD, all_steps_done, blank_instead_of, proven

# What the starting system must not say or leave behind.
WAITED = "journalctl -b --no-pager | grep -E 'Timed out waiting for device|Dependency failed|emergency' || true"
STATE = "cat /proc/mdstat; systemctl --failed --no-legend; systemctl list-jobs --no-legend; findmnt --real"


def started(lab, made, **options):
    """The installed system, started from the disc with a blank disk in the place of the first; at its root prompt."""
    machine = program.boot(lab, made, prepare=blank_instead_of(0), entry=program.INSTALLED, **options)
    chosen = time.monotonic()
    for container in made.layout.containers:
        program.answer(machine.console, container.passphrase, program.PROMPTS["passphrase"], 300)
    machine.console.wait(program.INSTALLED_STARTS, 300, failure=rf"{program.BOOT_FAILURE}|RESULT (refused|cancelled).*")
    ready = time.monotonic()
    wait_for_prompt(machine, made.layout, 300, opened=True)
    (lab.logs / "seconds.txt").write_text(f"from the boot menu to the installed system's init {ready - chosen:.0f} s, "
                                          f"to its prompt {time.monotonic() - ready:.0f} s more\n")
    machine.screendump(lab.logs / "installed.png")
    return machine


def complete_but_degraded(lab, machine):
    """Everything has started, nothing was waited for in vain, the root runs without one member, and nothing of the rescue system is left."""
    console = machine.console
    (lab.logs / "state.txt").write_text(console.output(STATE))
    assert console.run("systemctl is-system-running", check=False)[1].strip() == "running", console.output(STATE)
    assert console.output(WAITED).strip() == "", console.output(WAITED)
    assert console.output("cat /sys/block/md0/md/degraded /sys/block/md1/md/degraded").split() == ["0", "1"]
    assert console.output("findmnt -no SOURCE,OPTIONS /").split(",")[0].split() == ["/dev/md1", "rw"]
    assert console.output("findmnt -no SOURCE /home").strip() == "/dev/md0"
    assert console.run("findmnt /boot", check=False)[0] == 1, "/boot is mounted"
    assert console.output("findmnt -no OPTIONS /run").startswith("rw,nosuid,nodev")
    for left in ("/sysroot", "/medium", "/init"):
        assert console.run(f"test -e {left}", check=False)[0] == 1, f"{left} of the rescue system is left"
    assert " root=" in console.output("cat /proc/cmdline"), "the installed system's own parameters are missing"


@cases(case("1.2", NEW), case("0.90", OLD, thorough=True), case("uefi.1.2", NEW, "uefi", thorough=True))
def test_2b(lab, layout, firmware="bios"):
    """The article's way. Disk 1 (/boot, boot loader, member) is replaced by a blank one, and the disc starts the installed system: complete,
    degraded, with /boot bypassed in fstab. The line comes back byte for byte, and goes again, by the command; then `mdrescue recover` finishes the
    job, and the machine starts without the disc and is what it was."""
    made = program.image(lab, layout)
    machine = started(lab, made, firmware=firmware)
    console = machine.console
    complete_but_degraded(lab, machine)

    before = base64.b64decode(made.state["fstab"]).decode()
    bypassed = "".join(program.BYPASS_MARK + line if " /boot " in line else line for line in before.splitlines(keepends=True))
    assert base64.b64decode(console.output("base64 -w 0 /etc/fstab")).decode() == bypassed
    assert "put back" in console.output(f"{program.FSTAB} restore")
    assert console.output("base64 -w 0 /etc/fstab") == made.state["fstab"], "fstab is not what it was"
    assert "taken out" in console.output(f"{program.FSTAB} bypass")
    assert base64.b64decode(console.output("base64 -w 0 /etc/fstab")).decode() == bypassed

    if firmware == "bios":  # the machine was recorded so
        program.consent(console, program.ask_online(machine))
        all_steps_done(program.finish(console))
        assert program.exit_status(machine) == 0
        recovered.is_whole(machine, made)
        machine.power_off()
        proven(machine, made)


@cases(case("lvm", "mirror-bios-gpt", thorough=True), case("luks", "raid6-luks", thorough=True))
def test_root_behind(lab, layout):
    """A root on LVM over an array, and one behind LUKS on an array (the passphrase is asked for): the disc starts the installed system without its
    first disk, complete and degraded."""
    made = program.image(lab, layout)
    machine = started(lab, made)
    console = machine.console
    (lab.logs / "state.txt").write_text(console.output(STATE))
    assert console.run("systemctl is-system-running", check=False)[1].strip() == "running", console.output(STATE)
    assert console.output(WAITED).strip() == "", console.output(WAITED)
    assert console.output("cat /sys/block/md[01]/md/degraded").split() == ["1", "1"]
    assert "/dev/mapper/" in console.output("findmnt -no SOURCE /")
    # what the installed system's own tools see of what the rescue system opened
    assert console.output("lsblk -rno TYPE $(findmnt -nvo SOURCE /)").strip() in ("lvm", "crypt")
