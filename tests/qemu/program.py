# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests know about mdrescue: how it is installed in a machine of the lab, and the words it says.

Every word of the program that a test waits for stands here and nowhere else.
"""

import dataclasses
import hashlib
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Optional

import recovered
from lab import payload
from lab.console import plain
from lab.installer import boot_disk
from lab.lab import mount_share
from lab.layouts import LAYOUTS, Layout
from lab.machine import Medium

# A fixed clock for images that are compared.
EPOCH = 1700000000

# The boot menu, on the serial line: its first entry, and the countdown, which begins when the menu stands on every screen.
MENU_ENTRY = r"Guided recovery of"
MENU_DRAWN = r"automatically in"
# The agent's screen is complete and it waits for an answer.
READY = r"^mdrescue: READY guided$"
# "Check this medium" found every byte right.
MEDIUM_SOUND = r"^mdrescue: RESULT done: the medium is sound"
# After it was read for the guided recovery.
MEDIUM_IN_MEMORY = r"The medium is sound, and is in memory now: it may be taken out\."
# Something went wrong so early that nobody else says so.
BOOT_FAILURE = r"Kernel panic|grub rescue>|error: bad shim signature|Security Violation|mdrescue: RESULT failed.*"

# The recovery's conversation: it is READY for an answer, or says its one RESULT; the line has ended, or its rest is still to come.
EVENT = r"^mdrescue: (?:READY (?P<ready>\w+)|RESULT (?P<result>\w+): (?P<sentence>.*))(?=\n)"
PROMPTS = {
    "guided": r"Your choice, then Enter: ",
    "confirm": r"Type yes to (?:write to this disk|go on): ",
    "serial": r"Type the last 4 characters of its serial to overwrite it: ",
    "choose": r"Which disk\? Type its number, or Enter to go back: ",
    "dirty": r"Type start to start it all the same, Enter to go back: ",
    "waiting": r"Enter: go on waiting, r: restart now, m: menu: ",
    "passphrase": r"Passphrase for \S+ \(\S+\), Enter alone goes (?:back|on without it): ",
    "back": r"Enter: (?:back to the overview|on to the menu) ",
    "leave": r"Remove the disc, or the machine starts from it again\. Enter: restart, m: menu: ",
    "finished": r"Remove the disc, then type r to restart, p to power off, m for the menu: ",
}
GUIDED, SHELL, YES, START, STOP_WAITING, RESTART, POWER_OFF = "1", "2", "yes", "start", "q", "r", "p"  # answers
SHELL_PROMPT = r"rescue:/# $"
# A step that ended: its number, how many there are, how it ended, and its title.
STEP = r"^ *(?P<number>\d+)/(?P<steps>\d+) +(?P<state>done|skipped|failed|blocked) +(?P<title>\S.*)$"
# The program's first line; a step that takes long, while it goes on.
FIRST_LINE, COPYING_BOOT = r"^mdrescue \d", r"Copying /boot: "
UNATTENDED = "mdrescue.mode=unattended"
# What `mdrescue inspect` says of an image that was built with --allow-degraded.
DEGRADED_THEN = "made while an array lacked a member"
# Why it refuses.
NO_REPLACEMENT = r"No disk can take the place of"
DEGRADED_OFFER = r"(?i)boot the installed system|start the installed system"
OTHER_SECTORS = r"has sectors of 4096 bytes"
HAS_TABLE = r"has a partition table|has partitions"
FOREIGN_MEMBER = r"is a member of an array that is not this machine's"
READ_ONLY, REMOVABLE = r"is read-only", r"is a removable drive"
ARRAY_LOST = r"has lost more members than it can do without"
# An array without redundancy has lost a disk; its other half afterwards; the result.
STRIPE_LOST = r"md1 has lost more members than it can do without\..* Nothing is done to it; the rest is recovered without it\."
ONLY_THERE_LOST = r"/(archive|scratch) lay on .* alone: its data is gone and comes from a backup\."
LOST_LEFT_ALONE = r"md1 is lost, and was left alone: its data comes from a backup"
WHOLE_BUT = ("is whole again but for md1, whose data is lost", "is whole again but for md1, partition 4 of disk2, /archive, whose data is lost")
# Firmware's Secure Boot, by way of shim and GRUB, does not let a kernel pass.
KERNEL_REFUSED = r"bad shim signature|prohibited by secure boot policy"
# The disc was started by the firmware that the machine does not start by.
OTHER_FIRMWARE = r"This system was started by UEFI firmware, and journal starts by BIOS\."
COPY_OF_MACHINE = r"each of them is another disk than recorded: this may be a copy of that machine"
OTHER_MACHINE = r"this is another machine"
UNKNOWN_MACHINE = r"no array was found"
JOURNAL_LOST = r"its write journal is gone.*: (?P<command>mdadm --assemble --force .*?) \(mdadm\(8\)\)"
WRITE_HOLE = r"write hole"
DUPLICATE = r"Several disks carry the identity of"
BAD_BLOCKS = r"NO md1: all 6 members up, bad blocks on sd.2 \(sectors \d+-\d+\), sd.2 \(sectors \d+-\d+\)"
ROTTEN = r"the medium is damaged: boot/grub/grub.cfg"
# The proof of a recovery: a disk, by its number in the record, starts the machine by UEFI.
STARTS = r"yes disk{} \((?:(?!starts this).)* starts this machine: yes\b"
# The proof of a disk whose boot entry could not be made, and that got a loader firmware finds without one.
STARTS_BY_FALLBACK = r"disk1 .* starts this machine: yes \(\\EFI\\BOOT\)"
# A boot entry that could not be made, and why that is no harm.
NO_BOOT_ENTRIES = r"started by BIOS firmware, which has no boot entries; firmware finds the loader in \\EFI\\BOOT"
# The boot menu's entry that starts the installed system; the agent's word for it.
INSTALLED, INSTALLED_STARTS = 1, r"^mdrescue: RESULT done: starting the installed system$"
# What stands in front of a line of fstab or crypttab that was taken out, and the command for both ways.
BYPASS_MARK = "#mdrescue-bypass# "
LOST_MARK = "#mdrescue-lost# "  # of what does not come back by itself
FSTAB = "/usr/libexec/mdrescue/mdrescue-agent fstab"
# Where the recovered system finds the log; where it waits until the root filesystem may be written to.
LOG_FOLDER = "/var/log/mdrescue"
LOG_KEPT = r"The log of this recovery is kept: /boot/mdrescue-recovery\.log"


def array_row(array, state):
    """The agent's screen: one array and its state as people know it."""
    return rf"^  {array} .*\[{state}\]"


def missing_row(serial):
    """The agent's screen: a disk of the profile that is not there, named by its serial."""
    return rf"^  MISSING .*\b{serial}\b"


def too_small(missing):
    """The disk lacks so many bytes."""
    return rf"is too small: {missing} bytes are missing"


def holds(filesystem):
    """The disk has a filesystem of this kind."""
    return rf"holds a {filesystem} filesystem"


def sha256(file):
    """The digest of a file of the host."""
    with open(file, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def install(machine, package):
    """Installs the program's Debian package into a running machine, and mounts the shared folder at /mnt there."""
    shutil.copyfile(package, machine.share / "mdrescue.deb")
    mount_share(machine)
    machine.console.output("dpkg --install /mnt/mdrescue.deb && mdrescue --help >/dev/null", 300)


def build(machine, output="/root/bootcd.iso", options=""):
    """`mdrescue build` as the machine's administrator runs it; returns its seconds and what it printed."""
    started = time.monotonic()
    said = machine.console.output(f"SOURCE_DATE_EPOCH={EPOCH} mdrescue build -o {output} {options}", 600)
    return time.monotonic() - started, said


@dataclasses.dataclass(frozen=True)
class Image:
    """An image built inside a machine, that machine's disks after a clean shutdown, and what it was like before."""

    file: Path
    disks: list
    layout: Layout
    state: dict  # recovered.state()
    payload: str  # payload.digests()
    variables: Optional[Path] = None  # of a UEFI firmware


def image(lab, name):
    """The image of a layout's machine, built once in a run; a copy stays among the artifacts."""
    package = lab.package()

    def make(own):
        machine = own.victim(name)
        files = payload.write(machine)
        install(machine, package)
        state = recovered.state(machine)
        return built(own, machine, LAYOUTS[name], state, files)
    return lab.shared(f"image-{name}", make)


def built(lab, machine, layout, state, files):
    """Has a running machine with the program and the shared folder build its image, and shuts it down."""
    seconds, said = build(machine)
    (lab.logs / "build.txt").write_text(f"{said}\n{seconds:.0f} s in an emulated machine\n")
    machine.console.output("cp /root/bootcd.iso /mnt/bootcd.iso && umount /mnt", 120)
    file = lab.logs / "bootcd.iso"
    shutil.move(machine.share / "bootcd.iso", file)
    machine.power_off()
    return Image(file, machine.disks, layout, state, files, machine.variables() if layout.firmware != "bios" else None)


# -- starting from the image ------------------------------------------------------------------------------------


def boot(lab, made, kind="cd", firmware=None, name="rescue", prepare=None, entry=0, **options):
    """Boots an image as "cd" or "usb" beside the machine's own disks, up to the boot menu, and chooses an entry (the first). With the
    firmware of the machine, unless another is given.

    `prepare(machine)` may change the machine before it is switched on; options are the machine's. Keeps a picture of the menu.
    """
    own = firmware is None
    machine = lab.machine(name, made.disks, firmware=made.layout.firmware if own else firmware, medium=Medium(kind, made.file),
                          **{"bus": made.layout.bus, "boot_disk": boot_disk(made.layout), "variables": made.variables if own else None, **options})
    if prepare:
        prepare(machine)
    start(machine, lab.logs / "menu.png", entry)
    return machine


def start(machine, picture=None, entry=0):
    """Switches on a machine that boots an image (again), and chooses an entry of the menu, counted from 0."""
    machine.start()
    machine.console.wait(MENU_ENTRY, 120, failure=BOOT_FAILURE)
    machine.console.wait(MENU_DRAWN, 60)
    if picture:
        machine.screendump(picture)
    machine.console.send("\x0e" * entry + "\r")  # Ctrl-N: the next entry


def boot_in_mode(lab, made, mode, prepare=None, **options):
    """Boots the kernel and the initramfs of an image, which is in the drive, in a mode that is on no menu; by BIOS firmware."""
    def member(pattern):
        names = subprocess.run(["bsdtar", "-tf", str(made.file)], check=True, capture_output=True, text=True, timeout=60).stdout
        return re.search(rf"^{pattern}$", names, re.M)

    def extracted(found, name):
        with open(lab.work / name, "wb") as file:
            subprocess.run(["bsdtar", "-xOf", str(made.file), found.group(0)], check=True, stdout=file, timeout=60)
        return lab.work / name
    parameters = f"{mode} mdrescue.id={member('mdrescue/id-(.*)').group(1)} console=tty0 console=ttyS0,115200"
    machine = lab.machine("rescue", made.disks, medium=Medium("cd", made.file), append=parameters,
                          kernel=extracted(member("boot/vmlinuz-.*"), "kernel"), initrd=extracted(member("mdrescue/initramfs"), "initramfs"), bus=made.layout.bus,
                          **options)
    if prepare:
        prepare(machine)
    machine.start()
    return machine


def agent_screen(machine, *rows):
    """Waits for the agent's first screen, and checks that it has these rows; returns it as plain text."""
    start_of_screen = machine.console.position
    machine.console.wait(READY, 300, failure=BOOT_FAILURE)
    screen = plain(machine.console.text(start_of_screen))
    for row in rows:
        assert re.search(row, screen, re.M), f"no /{row}/ on the agent's screen:\n" + "\n".join(screen.splitlines()[-30:])
    return screen


# -- the recovery's conversation --------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Event:
    """READY for an answer (the word is "confirm", "choose" …), or the RESULT ("done", "refused", "failed", "cancelled")."""

    word: str
    said: str  # all since the event before, as plain text
    sentence: str = ""  # of a result

    def found(self, pattern):
        """The pattern's match in what was said; an error shows what was said instead."""
        match = re.search(pattern, re.sub(r"\s+", " ", self.said))  # the program breaks lines where they would not fit
        assert match, f"no /{pattern}/ in what was said:\n{self.said[-4000:]}"
        return match

    def shows(self, *patterns):
        """The event, if what was said has all these patterns; an error else."""
        for pattern in patterns:
            self.found(pattern)
        return self


def event(console, seconds=180):
    """Waits for the recovery's next event."""
    before = console.position
    match = console.wait(EVENT, seconds, failure="Kernel panic")
    said = plain(console.text(before))
    return Event(match["ready"] or match["result"], said[:said.find(match.group(0)) + len(match.group(0))], match["sentence"] or "")


def answer(console, text, prompt="", seconds=60):
    """Types an answer as a terminal does, when the prompt stands there."""
    console.wait(prompt, seconds)
    console.send(text + "\r")


def ask(machine):
    """Starts the guided recovery from the agent's overview; returns its first event."""
    answer(machine.console, GUIDED, PROMPTS["guided"])
    return event(machine.console)


def back(machine, *rows):
    """After a result that is not done: back to the overview, which has these rows."""
    answer(machine.console, "", PROMPTS["back"])
    return agent_screen(machine, *rows)


def in_shell(machine, command):
    """Types a command that has to succeed into the rescue shell, from the agent's overview, and leaves the shell."""
    answer(machine.console, SHELL, PROMPTS["guided"])
    machine.console.wait(SHELL_PROMPT, 60)
    machine.console.take_prompt()
    machine.console.output(command)
    machine.console.line("exit")


def ask_online(machine, options=""):
    """Starts `mdrescue recover` at the root prompt of the installed system; returns its first event."""
    machine.console.line(f"mdrescue recover {options}; printf '\\n@@recover %d@@\\n' $?")
    return event(machine.console)


def exit_status(machine):
    """Waits for the end of `mdrescue recover`."""
    return int(machine.console.wait(r"^@@recover (\d+)@@$", 60).group(1))


def start_dirty_arrays(machine, explained):
    """Starts the guided recovery, and by the typed answer each array that is dirty and degraded; returns the event after that."""
    seen = ask(machine)
    assert seen.word == "dirty", seen
    while seen.word == "dirty":
        seen.shows(*explained)
        explained = ()  # once
        answer(machine.console, START, PROMPTS["dirty"])
        seen = event(machine.console)
    return seen


def number_of(asked, serial):
    """The number of the disk with a serial, in the list of disks to choose from."""
    return re.search(rf"^ *(\d+)\b.*\b{serial}\b", asked.said, re.M).group(1)


def consent(console, asked):
    """Says yes to the plan for a blank disk (or one that is this plan's own)."""
    assert asked.word == "confirm", f"no question to say yes to, but {asked.word} {asked.sentence}:\n{asked.said[-4000:]}"
    answer(console, YES, PROMPTS["confirm"])


def finish(console, seconds=900, word="done"):
    """Waits until the recovery that was consented to says done (or another word); returns all it said, the rebuild included."""
    seen, said = event(console, seconds), ""
    while seen.word == "rebuild":
        said += seen.said
        seen = event(console, seconds)
    assert seen.word == word, f"{seen.word} {seen.sentence}:\n{seen.said[-4000:]}"
    return dataclasses.replace(seen, said=said + seen.said)


def steps(said):
    """The steps that ended: (number, how many there are, state, title)."""
    return [(int(match["number"]), int(match["steps"]), match["state"], match["title"]) for match in re.finditer(STEP, said, re.M)]


def step_lines(log):
    """The steps that ended, in the bytes of a console's log: where the line of each ends, and its title."""
    at, found = 0, []
    for line in log.split(b"\n"):
        at += len(line) + 1
        if match := re.search(STEP, plain(line.decode("utf-8", "replace")), re.M):
            found.append((at, match["title"]))
    return found


def wait_for_new_step(console, ended, seconds=600):
    """Waits until a step has ended whose title is not among `ended`; returns its title, or None where the recovery came to its end first."""
    while True:
        match = console.wait(rf"{STEP}(?=\n)|{EVENT}", seconds, failure="Kernel panic")
        if match["result"] or match["title"] and match["title"] not in ended:
            return match["title"]


def power_off(machine):
    """Ends the rescue system after a recovery that is done."""
    seen = event(machine.console)
    assert seen.word == "finished", seen
    answer(machine.console, POWER_OFF, PROMPTS["finished"])
    machine.wait_off()


def restart_during_the_rebuild(machine):
    """At READY rebuild: stops waiting and restarts, which switches a machine of the lab off."""
    answer(machine.console, STOP_WAITING)
    answer(machine.console, RESTART, PROMPTS["waiting"])
    event(machine.console).shows(LOG_KEPT)
    answer(machine.console, "", PROMPTS["leave"])
    machine.wait_off()
