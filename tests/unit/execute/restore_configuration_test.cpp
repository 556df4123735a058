// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/steps.h"

#include "disk_fixture.h"

#include <doctest/doctest.h>

using namespace mdrescue;
using namespace mdrescue::execute;
using Kind = Status::Kind;
using Lines = std::vector<std::string>;

namespace {

const std::string original = "/dev/md127 / ext4 rw 0 1\r\nLABEL=/boot\t/boot ext2 defaults 1 2\n"
                             "UUID=a none swap sw 0 0\nUUID=b /srv ext4 rw 0 2";
const std::string bypassed = "/dev/md127 / ext4 rw 0 1\r\n"
                             "#mdrescue-bypass# LABEL=/boot\t/boot ext2 defaults 1 2\n"
                             "#mdrescue-bypass# UUID=a none swap sw 0 0\n"
                             "#mdrescue-bypass# UUID=b /srv ext4 rw 0 2";

/// The running system, started from the disc.
struct Online : test::DiskFixture {
    plan::RestoreConfiguration step;

    Online() {
        context.places.online = true;
        system.files["/etc/fstab"] = bypassed;
        system.files["/run/systemd/system/x"] = "";
        system.files["/proc/self/mountinfo"] = "22 1 9:127 / / rw - ext4 /dev/md127 rw\n"
                                               "23 22 8:9 / /srv rw - ext4 /dev/sdx rw\n";
    }
};

} // namespace

TEST_CASE("configuration: lines come back byte for byte, and what they name is used again") {
    Online f;
    CHECK(check(f.context, f.step).kind == Kind::not_done);
    CHECK(f.system.files["/etc/fstab"] == bypassed);
    REQUIRE(apply(f.context, f.step));
    CHECK(f.system.files["/etc/fstab"] == original);
    CHECK(f.writers() ==
          Lines{"systemctl daemon-reload", "mount -- /boot", "swapon --all --ifexists"});
    CHECK(f.system.synced == Lines{"/"});
    CHECK(f.system.mounts.empty());
    CHECK(check(f.context, f.step).kind == Kind::done);
    CHECK(f.journal.text().find("put back: LABEL=/boot /boot ext2") != std::string::npos);
}

TEST_CASE("configuration: crypttab too, without systemd, and what cannot be mounted is told") {
    Online f;
    f.system.files.erase("/run/systemd/system/x");
    f.system.files["/etc/crypttab"] = "#mdrescue-bypass# home UUID=c none luks\n";
    f.system.files["/etc/fstab"] = "#mdrescue-bypass# /dev/mapper/home /home ext4 rw 0 2\n";
    f.statuses["mount"] = 32;
    REQUIRE(apply(f.context, f.step));
    CHECK(f.system.files["/etc/crypttab"] == "home UUID=c none luks\n");
    CHECK(f.writers() == Lines{"mount -- /home"});
    CHECK(f.progress.warnings.size() == 1);
    CHECK(check(f.context, f.step).kind == Kind::done);
}

TEST_CASE("configuration: nothing taken out is nothing done") {
    Online f;
    f.system.files["/etc/fstab"] = original;
    f.system.unwritable = {"/etc/fstab"};
    CHECK(check(f.context, f.step).kind == Kind::done);
    REQUIRE(apply(f.context, f.step));
    f.system.files.erase("/etc/fstab");
    CHECK(check(f.context, f.step).kind == Kind::done);
}

TEST_CASE("configuration: a file that cannot be written is a failure") {
    Online f;
    f.system.unwritable = {"/etc/fstab"};
    CHECK_FALSE(apply(f.context, f.step));
    CHECK(f.writers().empty());
}

TEST_CASE("configuration: from the disc, on the root filesystem, only when its array is whole") {
    test::DiskFixture f;
    const plan::RestoreConfiguration step;
    model::Content content;
    content.kind = model::Content::Kind::filesystem;
    content.type = "ext4";
    content.uuid = "root-uuid";
    content.filesystem = model::Filesystem{"ext4", "root-uuid", "", {}};
    f.profile.machine.arrays[0].content = content;
    f.profile.machine.mounts = {{"/dev/md127", "/", "ext4", "rw", "root-uuid"}};
    f.system.on_mount = [&](const system::Mount &mount) {
        if (mount.target == "/mnt/root")
            f.system.files["/mnt/root/etc/fstab"] = bypassed;
    };
    CHECK(check(f.context, step).kind == Kind::not_done);
    CHECK(f.system.mounts.front() == "/dev/md127 on /mnt/root ro");
    f.system.mounts.clear();
    CHECK_FALSE(apply(f.context, step)); // degraded: 1
    CHECK(f.system.mounts.empty());
    f.md("degraded", "0");
    REQUIRE(apply(f.context, step));
    CHECK(f.system.mounts.front() == "/dev/md127 on /mnt/root");
    CHECK(f.system.mounts.back() == "-/mnt/root");
    CHECK(f.writers().empty());
}
