// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/snapshot_files.h"
#include "execute/steps.h"

#include "boot_snapshot.h"
#include "tiny_grub.h"

#include <doctest/doctest.h>
#include <unistd.h>

using namespace mdrescue;
using execute::Status;
using Kind = Status::Kind;
using test::Boot;
using test::long_ago;
using test::node;

TEST_CASE("/boot comes back from the disc: bytes, owners, modes, times, links") {
    Boot boot;
    CHECK(boot.check().kind == Kind::not_done);
    REQUIRE(boot.apply());
    CHECK(boot.check().kind == Kind::done);
    CHECK(boot.read("grub/grub.cfg") == "menuentry");
    CHECK(boot.look("System.map").attributes.mode == 0600);
    CHECK(boot.look("vmlinuz-6.1").attributes.mode == 04755);
    CHECK(boot.look("vmlinuz-6.1").inode == boot.look("vmlinuz-6.1.twin").inode);
    CHECK(boot.system.read_link(boot.device + "/vmlinuz").value() == "vmlinuz-6.1");
    CHECK(boot.look("pipe").type == S_IFIFO);
    for (const char *name : {"", "grub", "grub/grub.cfg", "vmlinuz", "pipe", "initrd"}) {
        CAPTURE(name);
        CHECK(boot.look(name).attributes.mtime ==
              long_ago + static_cast<std::int64_t>(
                             std::string(name).empty() ? 4 : 5 + std::string(name).size()));
        CHECK(boot.look(name).attributes.mtime_nsec == 123456789);
    }
    // Everything on the disk before it is looked at again, and looked at from there.
    CHECK(boot.system.mounted.empty());
    CHECK(boot.system.controls["/proc/sys/vm/drop_caches"] == "3");
}

TEST_CASE("looking mounts read-only and changes nothing") {
    Boot boot;
    boot.system.written.clear();
    CHECK(boot.check().kind == Kind::not_done);
    REQUIRE(boot.system.mounts.size() == 2);
    CHECK(boot.system.mounts[0].ends_with("/scratch/mnt/restore ro"));
    for (const std::string &path : boot.system.written)
        CHECK(path.ends_with("/scratch/mnt/restore")); // the mount point
}

TEST_CASE("every difference is seen and mended") {
    Boot boot;
    REQUIRE(boot.apply());
    const auto mended = [&] {
        const Status seen = boot.check();
        CHECK(seen.kind == Kind::not_done);
        REQUIRE(boot.apply());
        return boot.check().kind == Kind::done;
    };
    SUBCASE("a file is missing") {
        REQUIRE(boot.system.remove(boot.device + "/initrd"));
        CHECK(mended());
    }
    SUBCASE("bytes went bad under the same time") {
        const auto attributes = boot.look("initrd").attributes;
        boot.system.write(boot.device + "/initrd", std::string(3000000, 'I'));
        REQUIRE(boot.system.set_attributes(boot.device + "/initrd", attributes, false));
        CHECK(mended());
        CHECK(boot.read("initrd") == std::string(3000000, 'i'));
    }
    SUBCASE("mode") {
        auto attributes = boot.look("System.map").attributes;
        attributes.mode = 0666;
        REQUIRE(boot.system.set_attributes(boot.device + "/System.map", attributes, false));
        CHECK(mended());
    }
    SUBCASE("time of a file") {
        boot.touch("grub/grub.cfg", 5);
        CHECK(mended());
    }
    SUBCASE("time of a directory, by something new in it") {
        boot.system.write(boot.device + "/new", "kernel");
        CHECK(mended());
        CHECK(boot.read("new") == "kernel");
    }
    SUBCASE("a link leads elsewhere") {
        REQUIRE(boot.system.remove(boot.device + "/vmlinuz"));
        REQUIRE(boot.system.make_symlink("old", boot.device + "/vmlinuz"));
        REQUIRE(boot.system.set_attributes(
            boot.device + "/vmlinuz",
            {.uid = ::getuid(), .gid = ::getgid(), .mtime = long_ago + 12, .mtime_nsec = 123456789},
            true));
        CHECK(mended());
    }
    SUBCASE("two names of one file are two files") {
        REQUIRE(boot.system.remove(boot.device + "/vmlinuz-6.1.twin"));
        REQUIRE(
            boot.system.copy_file(boot.device + "/vmlinuz-6.1", boot.device + "/vmlinuz-6.1.twin"));
        REQUIRE(boot.system.set_attributes(boot.device + "/vmlinuz-6.1.twin",
                                           boot.look("vmlinuz-6.1").attributes, false));
        CHECK(mended());
    }
}

TEST_CASE("cut at any moment, it goes on to the end") {
    unsigned cuts = 0;
    for (unsigned last = 0;; ++last) {
        Boot boot;
        unsigned count = 0;
        boot.system.power_fails = [&](const std::string &) { return ++count > last; };
        const bool whole = boot.apply().has_value();
        boot.system.power_fails = nullptr;
        if (whole)
            break;
        ++cuts;
        CAPTURE(last);
        CHECK(boot.check().kind == Kind::not_done);
        REQUIRE(boot.apply());
        REQUIRE(boot.check().kind == Kind::done);
    }
    CHECK(cuts > 30);
}

TEST_CASE("a /boot that was changed since is never overwritten") {
    Boot boot;
    REQUIRE(boot.apply());
    SUBCASE("a newer file") { boot.system.write(boot.device + "/grub/grub.cfg", "newer"); }
    SUBCASE("an older one, by a wrong clock") {
        boot.system.write(boot.device + "/grub/grub.cfg", "newer");
        boot.touch("grub/grub.cfg", 5);
    }
    SUBCASE("another type of file") {
        REQUIRE(boot.system.remove(boot.device + "/initrd"));
        REQUIRE(boot.system.make_symlink("initrd-6.2", boot.device + "/initrd"));
    }
    const Status seen = boot.check();
    CHECK(seen.kind == Kind::blocked);
    CHECK(seen.reason.find("was changed since") != std::string::npos);
    boot.system.written.clear();
    CHECK_FALSE(boot.apply());
    for (const std::string &path : boot.system.written)
        CHECK(path.ends_with("/scratch/mnt/restore"));
}

TEST_CASE("a symbolic link in place of a directory is not followed") {
    for (const char *directory : {"grub", "grub/i386-pc"}) {
        Boot boot;
        const std::string outside = boot.system.root() + "/outside";
        REQUIRE(boot.system.make_directory(outside));
        REQUIRE(boot.system.make_directory(boot.device + "/grub"));
        REQUIRE(boot.system.remove(boot.device + "/" + directory));
        REQUIRE(boot.system.make_symlink(outside, boot.device + "/" + directory));
        CHECK(boot.check().kind == Kind::blocked);
        CHECK_FALSE(boot.apply());
        CHECK(boot.system.list(outside).value().empty());
    }
}

TEST_CASE("below what is no directory nothing is looked at") {
    Boot boot;
    const std::string outside = boot.system.root() + "/outside";
    boot.system.write(outside + "/grub.cfg", "another");
    REQUIRE(boot.system.make_symlink(outside, boot.device + "/grub"));
    const auto snapshot =
        execute::read_snapshot(boot.system, boot.context.places.medium, "boot").value();
    const auto seen = execute::differences(boot.system, snapshot, boot.device, {}).value();
    for (const auto &one : seen)
        if (one.node->path == "boot/grub/grub.cfg")
            CHECK(one.kind == execute::Difference::Kind::missing);
}

TEST_CASE("what grub-install has written stays while the boot loader is of it") {
    Boot boot;
    REQUIRE(boot.apply());
    boot.system.write(boot.device + "/grub/i386-pc/normal.mod", "module"); // the same again
    CHECK(boot.check().kind == Kind::done);
    boot.system.write(boot.device + "/grub/i386-pc/normal.mod", "newer module");
    REQUIRE(boot.system.remove(boot.device + "/grub/i386-pc/boot.img"));
    SUBCASE("interrupted: the files are copied again") {
        CHECK(boot.check().kind == Kind::not_done);
        REQUIRE(boot.apply());
        CHECK(boot.read("grub/i386-pc/normal.mod") == "module");
    }
    SUBCASE("finished") {
        const test::TinyGrub grub('2');
        grub.put_on(boot.system.given["/dev/sda"]);
        boot.system.write(boot.device + "/grub/i386-pc/boot.img", grub.boot_img);
        boot.system.write(boot.device + "/grub/i386-pc/core.img", grub.core_img);
        CHECK(boot.check().kind == Kind::done);
        // Not so what went bad by itself.
        boot.touch("grub/i386-pc/normal.mod", long_ago + 28);
        auto attributes = boot.look("grub/i386-pc/normal.mod").attributes;
        attributes.mtime_nsec = 123456789;
        REQUIRE(boot.system.set_attributes(boot.device + "/grub/i386-pc/normal.mod", attributes,
                                           false));
        CHECK(boot.check().kind == Kind::not_done);
    }
}

TEST_CASE(
    "/boot had no directory of GRUB's: grub-install makes it, and the top directory shows it") {
    Boot boot;
    std::erase_if(boot.tree, [](const auto &node) { return node.path.starts_with("boot/grub"); });
    boot.write_medium();
    REQUIRE(boot.apply());
    REQUIRE(boot.system.make_directory(boot.device + "/grub/i386-pc"));
    const test::TinyGrub grub('2');
    grub.put_on(boot.system.given["/dev/sda"]);
    boot.system.write(boot.device + "/grub/i386-pc/boot.img", grub.boot_img);
    boot.system.write(boot.device + "/grub/i386-pc/core.img", grub.core_img);
    boot.touch("", 5);
    CHECK(boot.check().kind == Kind::done);
}

TEST_CASE("the disc is damaged or not here") {
    Boot boot;
    SUBCASE("no disc") {
        boot.context.places.medium = "";
        CHECK(boot.check().kind == Kind::blocked);
    }
    SUBCASE("another byte in a file: it never gets its name") {
        boot.system.write(boot.context.places.medium + "/boot/vmlinuz-6.1", "kernal");
        CHECK(boot.check().kind == Kind::not_done);
        CHECK(boot.apply().error().message.find("vmlinuz-6.1 on the medium is damaged") !=
              std::string::npos);
        CHECK(boot.read("vmlinuz-6.1") == "not there");
    }
    SUBCASE("another byte in the list of files") {
        boot.tree[1].mode = 0666;
        boot.system.write(boot.context.places.medium + "/mdrescue/boot.jsonl",
                          manifest::snapshot_metadata(boot.tree));
        CHECK(boot.check().kind == Kind::blocked);
    }
    SUBCASE("a file of the list lies outside") {
        boot.tree.insert(boot.tree.begin(), node(manifest::Node::Kind::directory, "a", 0755));
        boot.write_medium();
        CHECK(boot.check().kind == Kind::blocked);
        CHECK_FALSE(boot.apply());
    }
    SUBCASE("a file without a digest") {
        boot.digests.erase("boot/initrd");
        boot.write_medium();
        CHECK(boot.check().kind == Kind::blocked);
    }
}

TEST_CASE("too little space is said before the first file") {
    Boot boot;
    boot.system.space = 2999999;
    const auto result = boot.apply();
    CHECK(result.error().message.find("2999999 are free: nothing was written") !=
          std::string::npos);
    CHECK(boot.system.list(boot.device).value().empty());
}

TEST_CASE("only onto a replacement of this plan, and only onto the recorded filesystem") {
    Boot boot;
    SUBCASE("the disk is none") {
        boot.plan.replacements.clear();
        CHECK_FALSE(boot.apply());
    }
    SUBCASE("the filesystem is not made yet") {
        boot.context.observed.disks[0].table->partitions[0].content = {};
        CHECK(boot.check().kind == Kind::not_done);
        CHECK(boot.observed == 1); // it was looked for again
        CHECK_FALSE(boot.apply());
    }
    CHECK(boot.system.list(boot.device).value().empty());
    CHECK(boot.system.mounts.empty());
}

TEST_CASE("where it is mounted already, it is used there and stays mounted") {
    Boot boot;
    const std::string place = boot.system.root() + "/boot";
    REQUIRE(boot.system.mount({"/dev/sda1", place, "ext2", false}));
    boot.system.given["/proc/self/mountinfo"] =
        "36 35 8:1 / " + place + " rw - ext2 /dev/sda1 rw\n";
    boot.system.mounts.clear();
    REQUIRE(boot.apply());
    CHECK(boot.check().kind == Kind::done);
    CHECK(boot.system.read_file(place + "/grub/grub.cfg", 100).value() == "menuentry");
    CHECK(boot.system.mounts.empty());
}

TEST_CASE("FAT keeps no time of its topmost directory, but of what is below") {
    Boot boot;
    auto step = boot.step;
    step.filesystem = "vfat";
    REQUIRE(execute::apply(boot.context, step));
    boot.touch("", 0);
    CHECK(execute::check(boot.context, step).kind == Kind::done);
    boot.touch("initrd", 0);
    CHECK(execute::check(boot.context, step).kind == Kind::not_done);
}

TEST_CASE("FAT keeps no owners and even seconds") {
    Boot boot;
    auto step = boot.step;
    step.filesystem = "vfat";
    REQUIRE(execute::apply(boot.context, step));
    auto attributes = boot.look("System.map").attributes;
    attributes.mode = 0777;
    attributes.mtime = long_ago + 14; // recorded: long_ago + 15
    REQUIRE(boot.system.set_attributes(boot.device + "/System.map", attributes, false));
    CHECK(execute::check(boot.context, step).kind == Kind::done);
    attributes.mtime = long_ago + 13;
    REQUIRE(boot.system.set_attributes(boot.device + "/System.map", attributes, false));
    CHECK(execute::check(boot.context, step).kind == Kind::not_done);
}
