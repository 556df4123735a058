# SPDX-License-Identifier: GPL-3.0-or-later
"""The Debian package on a real machine: it keeps the image true, and goes as it came."""

import program
from lab.runner import case, cases

IMAGES, MARK = "/var/lib/mdrescue/images", "/boot/grub/mark"
REFRESHED = "for n in $(seq 600); do case $(systemctl is-active mdrescue-refresh.service) in activating) sleep 0.5;; *) break;; esac; done; " \
            "systemctl show -P Result mdrescue-refresh.service"
OWNED = "find / -xdev '(' -path /proc -o -path /sys -o -path /mnt -o -path /var/lib/dpkg ')' -prune -o -name '*mdrescue*' -print | sort"


# A package that has a file where the boot loader's parts are.
PART_OF_GRUB = "mkdir -p /tmp/part/DEBIAN /tmp/part/usr/lib/grub && touch /tmp/part/usr/lib/grub/part && printf '%s\\n' 'Package: part-of-grub' " \
               "'Version: 1' 'Architecture: all' 'Maintainer: nobody <nobody@localhost>' 'Description: a part' >/tmp/part/DEBIAN/control && " \
               "dpkg-deb --build /tmp/part /tmp/part.deb"
INVOCATION = "systemctl show -P InvocationID mdrescue-refresh.service"


def images(console):
    """The names of the kept images."""
    return console.output(f"ls {IMAGES} 2>/dev/null; true").split()


def refreshed(console):
    """Waits for the service that a hook has started."""
    assert console.output(REFRESHED, 600).strip() == "success", console.output("journalctl -u mdrescue-refresh.service | tail -20")
    return images(console)


@cases(case("1.2", "linux-journal-1.2"))
def test_kept_true_and_purged(lab, layout):
    """A package with a part of the boot loader makes the first image, one that changes nothing makes none, a changed /boot and a kernel's hook
    make another; status tells each time, degraded arrays included, of which no image replaces a good one, though mdadm's monitor calls for it.
    Purged, it leaves the images alone behind, and says so."""
    machine = lab.victim(layout)
    console = machine.console
    before = console.output(OWNED).split()
    program.install(machine, lab.package())
    assert console.output("systemctl is-enabled mdrescue-refresh.timer; systemctl is-active mdrescue-refresh.timer").split() == ["enabled", "active"]
    status, said = console.run("mdrescue status", 120, check=False)
    assert status == 1 and "no image" in said, said

    console.output(PART_OF_GRUB, 60)
    upgrade = "dpkg --install /tmp/part.deb"
    console.output(upgrade, 120)
    first = refreshed(console)
    assert len(first) == 1, first
    console.output(f"mdrescue status && mdrescue verify {IMAGES}/{first[0]}", 120)
    console.output(upgrade, 120)
    assert refreshed(console) == first, "an image was made although nothing had changed"

    console.output(f"echo changed >{MARK}; sync")
    status, said = console.run("mdrescue status", 120, check=False)
    assert status == 1 and "/boot" in said, said
    console.output("run-parts --regex '^zzz-' --arg=$(uname -r) --arg=/boot/vmlinuz-$(uname -r) /etc/kernel/postinst.d", 60)
    both = refreshed(console)
    assert len(both) == 2 and first[0] in both, both

    console.output("mdadm --fail /dev/md0 /dev/sdd1 && mdadm --remove /dev/md0 /dev/sdd1", 60)
    status, said = console.run("mdrescue status --prometheus /run/mdrescue.prom", 120, check=False)
    assert status == 1 and "md0" in said, said
    metrics = console.output("cat /run/mdrescue.prom")
    assert 'members_missing' in metrics and "md0" in metrics, metrics
    status, said = console.run("mdrescue refresh", 120, check=False)
    assert status == 1 and images(console) == both, said

    before_event = console.output(INVOCATION)
    console.output("cp /etc/mdadm/mdadm.conf /tmp/ && echo PROGRAM /usr/libexec/mdrescue/mdadm-event >>/etc/mdadm/mdadm.conf && "
                   "mdadm --monitor --scan --oneshot --syslog; mv /tmp/mdadm.conf /etc/mdadm/", 60)
    console.output(f"for n in $(seq 120); do [ \"$({INVOCATION})\" = '{before_event.strip()}' ] || break; sleep 0.5; done; "
                   f"[ \"$({INVOCATION})\" != '{before_event.strip()}' ]", 120)
    console.output(REFRESHED, 600)
    assert images(console) == both, "an image was made of a machine that is not whole"

    said = console.output("dpkg --purge mdrescue part-of-grub", 120)
    assert f"{IMAGES.rsplit('/', 1)[0]} stay" in said, said
    kept = ["/var/lib/mdrescue", *(f"{IMAGES}/{name}" for name in both)]
    left = [name for name in console.output(OWNED).split() if name not in before]
    assert sorted(left) == sorted(kept), left
    console.output(f"rm -r /var/lib/mdrescue {MARK}; systemctl daemon-reload; systemctl is-system-running")
