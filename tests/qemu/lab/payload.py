# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are written before a disk fails and must be the same after the recovery."""

PLACES = ("/home/payload", "/root/payload")
FILES, MIB_EACH = 4, 6


def write(machine):
    """Fills the places with random files, spread over all members of the arrays; returns their digests."""
    for place in PLACES:
        machine.console.output(
            f"mkdir -p {place} && for n in $(seq {FILES}); do head -c {MIB_EACH}M /dev/urandom >{place}/$n || exit 1; done; sync", 240)
    return digests(machine)


def digests(machine):
    """The digests as they are read from the disks now."""
    machine.console.output("echo 3 >/proc/sys/vm/drop_caches")
    return machine.console.output(f"sha256sum {' '.join(f'{place}/*' for place in PLACES)}", 240)
