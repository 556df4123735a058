# SPDX-License-Identifier: GPL-3.0-or-later
"""The Debian package on a real machine: it keeps the image true, and goes as it came."""

import program
from lab.runner import case, cases

IMAGES, MARK = "/var/lib/mdrescue/images", "/boot/grub/mark"
REFRESHED = "for n in $(seq 600); do case $(systemctl is-active mdrescue-refresh.service) in activating) sleep 0.5;; *) break;; esac; done; " \
            "systemctl show -P Result mdrescue-refresh.service"
OWNED = "find / -xdev '(' -path /proc -o -path /sys -o -path /mnt -o -path /var/lib/dpkg ')' -prune -o -name '*mdrescue*' -print | sort"


def images(console):
    """The names of the kept images."""
    return console.output(f"ls {IMAGES} 2>/dev/null; true").split()


def refreshed(console):
    """Waits for the service that a hook has started."""
    assert console.output(REFRESHED, 600).strip() == "success", console.output("journalctl -u mdrescue-refresh.service | tail -20")
    return images(console)


@cases(case("1.2", "linux-journal-1.2"))
def test_kept_true_and_purged(lab, layout):
    """A boot loader's upgrade makes the first image, one that changes nothing makes none, a changed /boot makes another; status tells each
    time, degraded arrays included, of which no image replaces a good one. Purged, it leaves the images alone behind, and says so."""
    machine = lab.victim(layout)
    console = machine.console
    before = console.output(OWNED).split()
    program.install(machine, lab.package())
    assert console.output("systemctl is-enabled mdrescue-refresh.timer; systemctl is-active mdrescue-refresh.timer").split() == ["enabled", "active"]
    status, said = console.run("mdrescue status", 120, check=False)
    assert status == 1 and "no image" in said, said

    upgrade = "dpkg-trigger --no-await --by-package=grub-common /usr/lib/grub && dpkg --triggers-only mdrescue"
    console.output(upgrade, 120)
    first = refreshed(console)
    assert len(first) == 1, first
    console.output(f"mdrescue status && mdrescue verify {IMAGES}/{first[0]}", 120)
    console.output(upgrade, 120)
    assert refreshed(console) == first, "an image was made although nothing had changed"

    console.output(f"echo changed >{MARK}; sync")
    status, said = console.run("mdrescue status", 120, check=False)
    assert status == 1 and "/boot" in said, said
    console.output("/etc/kernel/postinst.d/zzz-mdrescue", 60)
    both = refreshed(console)
    assert len(both) == 2 and first[0] in both, both

    console.output("mdadm --fail /dev/md0 /dev/sdd1 && mdadm --remove /dev/md0 /dev/sdd1", 60)
    status, said = console.run("mdrescue status --prometheus /run/mdrescue.prom", 120, check=False)
    assert status == 1 and "md0" in said, said
    metrics = console.output("cat /run/mdrescue.prom")
    assert 'members_missing' in metrics and "md0" in metrics, metrics
    status, said = console.run("mdrescue refresh", 120, check=False)
    assert status == 1 and images(console) == both, said

    said = console.output("dpkg --purge mdrescue", 120)
    assert f"{IMAGES.rsplit('/', 1)[0]} stay" in said, said
    kept = ["/var/lib/mdrescue", *(f"{IMAGES}/{name}" for name in both)]
    left = [name for name in console.output(OWNED).split() if name not in before]
    assert sorted(left) == sorted(kept), left
    console.output(f"rm -r /var/lib/mdrescue {MARK}; systemctl daemon-reload; systemctl is-system-running")
