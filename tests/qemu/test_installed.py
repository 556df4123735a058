# SPDX-License-Identifier: GPL-3.0-or-later
"""The installed system, started from the disc: degraded, and without what is missing."""

import base64
import time

import program
from lab.installer import wait_for_prompt
from lab.runner import case, cases

# What the starting system must not say or leave behind.
WAITED = "journalctl -b --no-pager | grep -E 'Timed out waiting for device|Dependency failed|emergency' || true"
STATE = "cat /proc/mdstat; systemctl --failed --no-legend; systemctl list-jobs --no-legend; findmnt --real"


@cases(case("1.2", "linux-journal-1.2"), case("0.90", "linux-journal-0.90", thorough=True))
def test_installed(lab, layout):
    """Disk 1 (/boot, boot loader, member) replaced by a blank one: the disc's entry starts the installed system completely, no
    unit failed, nothing waited for, the root degraded, /boot bypassed in fstab; the line comes back byte for byte."""
    made = program.image(lab, layout)
    machine = program.boot(lab, made, prepare=lambda off: off.replace_disk(0, serial="BLANK001"), entry=program.INSTALLED)
    started = time.monotonic()
    machine.console.wait(program.INSTALLED_STARTS, 300, failure=rf"{program.BOOT_FAILURE}|RESULT refused.*")
    ready = time.monotonic()
    wait_for_prompt(machine, made.layout, 300)
    running = time.monotonic()
    machine.screendump(lab.logs / "installed.png")
    (lab.logs / "seconds.txt").write_text(f"from the boot menu to the installed system {ready - started:.0f} s, to its prompt {running - started:.0f} s\n")
    console = machine.console
    (lab.logs / "state.txt").write_text(console.output(STATE))
    (lab.logs / "journal.txt").write_text(console.output("journalctl -b --no-pager -p warning"))

    assert console.run("systemctl is-system-running", check=False)[1].strip() == "running", console.output(STATE)
    assert console.output(WAITED).strip() == "", console.output(WAITED)
    assert console.output("cat /sys/block/md0/md/degraded /sys/block/md1/md/degraded").split() == ["0", "1"]
    assert console.output("findmnt -no SOURCE,OPTIONS /").split(",")[0].split() == ["/dev/md1", "rw"]
    assert console.output("findmnt -no SOURCE /home").strip() == "/dev/md0"
    assert console.run("findmnt /boot", check=False)[0] == 1, "/boot is mounted"
    for left in ("/sysroot", "/medium", "/init"):
        assert console.run(f"test -e {left}", check=False)[0] == 1, f"{left} of the rescue system is left"
    assert " root=" in console.output("cat /proc/cmdline"), "the installed system's own parameters are missing"

    before = base64.b64decode(made.state["fstab"]).decode()
    expected = "".join(program.BYPASS_MARK + line if " /boot " in line else line for line in before.splitlines(keepends=True))
    assert console.output("cat /etc/fstab").strip() == expected.strip()
    assert "/boot" in console.output(program.RESTORE)
    assert console.output("base64 -w 0 /etc/fstab") == made.state["fstab"], "fstab is not what it was"
    machine.power_off()
