// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/kept_log.h"

#include "recovery.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace mdrescue;

namespace {

/// /boot of disk1 was restored; the machine mounts it at a directory of the test.
struct Left : test::Recovery {
    const std::string boot = system.root() + "/boot";
    const std::string device = system.filesystem("/dev/sda1");

    Left() {
        plan.steps = {plan::RestoreFiles{{"disk1", 1}, "ext4", "F001", "boot", boot}};
        for (model::MountPoint &mount : profile.machine.mounts)
            mount.target = system.root() + mount.target;
        system.write(device + "/vmlinuz", "kernel");
        journal.note("begin", "1 of 2: table");
    }

    std::int64_t time_of(const std::string &directory) {
        return system.look(directory).value()->attributes.mtime;
    }
};

} // namespace

TEST_CASE("the log of a recovery that was left lies beside the restored files, and is moved") {
    Left f;
    auto attributes = f.system.look(f.device).value()->attributes;
    attributes.mtime = 1000;
    REQUIRE(f.system.set_attributes(f.device, attributes, false));
    CHECK(execute::keep_log(f.context).value() == f.boot + "/mdrescue-recovery.log");
    CHECK(f.system.mounted.empty());
    CHECK(f.time_of(f.device) == 1000);
    CHECK_FALSE(execute::kept_log(f.context)); // from the disc

    f.context.places.online = true;
    CHECK_FALSE(execute::kept_log(f.context)); // not mounted
    REQUIRE(f.system.rename(f.device, f.boot));
    const auto kept = execute::kept_log(f.context);
    REQUIRE(kept);
    CHECK(kept->path == f.boot + "/mdrescue-recovery.log");
    CHECK(kept->text == f.journal.text());
    CHECK(kept->json == f.journal.json());
    REQUIRE(execute::remove_kept_log(f.context, *kept));
    CHECK(f.system.list(f.boot).value() == std::vector<std::string>{"vmlinuz"});
    CHECK(f.time_of(f.boot) == 1000);
    CHECK_FALSE(execute::kept_log(f.context));
}

TEST_CASE("the log is kept in /boot where that was restored, among others") {
    Left f;
    f.plan.steps.insert(
        f.plan.steps.begin(),
        plan::RestoreFiles{{"disk1", 2}, "vfat", "F002", "mdrescue/esp/disk1-2", f.boot + "/efi"});
    std::get<plan::RestoreFiles>(f.plan.steps[1]).target = "/boot";
    CHECK(execute::keep_log(f.context).value() == "/boot/mdrescue-recovery.log");
    CHECK(f.system.exists(f.device + "/mdrescue-recovery.log"));
}

TEST_CASE("no other file is taken for a kept log") {
    Left f;
    f.context.places.online = true;
    f.system.write(f.boot + "/mdrescue-recovery.log", "text");
    f.system.write(f.boot + "/mdrescue-recovery.jsonl", "{}");
    REQUIRE(execute::kept_log(f.context));
    SUBCASE("a link") {
        REQUIRE(f.system.rename(f.boot + "/mdrescue-recovery.log", f.system.root() + "/secret"));
        REQUIRE(symlink((f.system.root() + "/secret").c_str(),
                        (f.boot + "/mdrescue-recovery.log").c_str()) == 0);
    }
    SUBCASE("a pipe") {
        REQUIRE(f.system.remove(f.boot + "/mdrescue-recovery.jsonl"));
        REQUIRE(mkfifo((f.boot + "/mdrescue-recovery.jsonl").c_str(), 0600) == 0);
    }
    SUBCASE("on an array, where none is left") {
        for (model::MountPoint &mount : f.profile.machine.mounts)
            if (mount.target == f.boot)
                mount.uuid = f.profile.machine.arrays[1].content.uuid;
    }
    CHECK_FALSE(execute::kept_log(f.context));
}

TEST_CASE("a log is kept on a replacement of this plan alone") {
    Left f;
    f.system.written.clear();
    SUBCASE("the kernel gave the disk's name to another") {
        f.system.given["/sys/block/sda/serial"] = "another\n";
    }
    SUBCASE("the disk was not replaced") { f.plan.replacements.clear(); }
    SUBCASE("nothing was restored that is mounted anywhere") {
        f.plan.steps = {
            plan::RestoreFiles{{"disk1", 1}, "vfat", "F001", "mdrescue/esp/disk1-1", ""}};
    }
    CHECK_FALSE(execute::keep_log(f.context));
    CHECK(f.system.written.empty());
    CHECK(f.system.mounts.empty());
}
