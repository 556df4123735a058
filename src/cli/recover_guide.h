// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// What `mdrescue help recover` teaches beside the options.
namespace mdrescue::cli {

inline constexpr const char *recover_guide = R"(
WHEN A DISK HAS DIED

Do not hurry. Arrays that miss a member go on; what loses data is a wrong write.
Never run mdadm --create, and do not format anything by hand.

 1. Which disk? Where the machine runs:
      mdrescue recover --dry-run
    names it by serial number and slot, says what was on it and what would be
    done. Nothing is written. The serial is printed on the disk's label.

 2. Put in another disk, at least as large and with sectors of the same size;
    empty is best. Connect nothing else meanwhile.

 3. Where the machine runs:
      mdrescue recover
    Where it does not start: start it from the disc or stick that
    `mdrescue build` made, and choose Guided recovery. It is the same.

 4. Read what was found and what is planned. One question is asked. An empty
    disk takes a yes; one with something on it, where that may be lost at all,
    takes the end of its serial number. Enter alone never writes.

 5. Let it work. The rebuild of the arrays takes longest, and goes on by itself
    if the machine is restarted meanwhile; `mdrescue recover` there does what is
    left.
    If power fails or it is interrupted, start it again: it goes on where it
    was.

 6. At the end it says for each disk whether this machine starts from it, and
    what could not be proven. Take the disc out, restart, and make a new image:
      mdrescue build

If it refuses, the reason says what to do. Nothing was written then. An array
that has lost more disks than it can do without is named, and left as it is;
the rest is recovered, unless the system itself lies there.
)";

} // namespace mdrescue::cli
