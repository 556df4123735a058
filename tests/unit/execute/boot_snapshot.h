// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "execute/steps.h"
#include "manifest/image_sums.h"
#include "manifest/snapshot_metadata.h"
#include "recovery.h"
#include "util/digest.h"

#include <doctest/doctest.h>
#include <unistd.h>

namespace mdrescue::test {

inline constexpr std::int64_t long_ago = 1700000000;

inline manifest::Node node(manifest::Node::Kind kind, const std::string &path, std::uint32_t mode) {
    manifest::Node made;
    made.kind = kind;
    made.path = path;
    made.mode = mode;
    made.uid = ::getuid();
    made.gid = ::getgid();
    made.mtime = long_ago + static_cast<std::int64_t>(path.size());
    made.mtime_nsec = 123456789;
    return made;
}

/// A machine whose new disk1 waits for its /boot, and the disc with the snapshot.
struct Boot : Recovery {
    const plan::RestoreFiles step{
        {"disk1", 1}, "ext2", "2f4c8d3e-7a61-4b0e-9d15-6c3b8e0f1a27", "boot", "/boot"};
    manifest::Tree tree;
    std::string device; ///< the directory that is the filesystem on /dev/sda1

    Boot() : device(system.filesystem("/dev/sda1")) {
        using Node = manifest::Node;
        tree = {node(Node::Kind::directory, "boot", 0755),
                file("boot/System.map", "symbols", 0600),
                node(Node::Kind::directory, "boot/grub", 0755),
                file("boot/grub/grub.cfg", "menuentry", 0444),
                node(Node::Kind::directory, "boot/grub/i386-pc", 0755),
                file("boot/grub/i386-pc/boot.img", "code", 0644),
                file("boot/grub/i386-pc/normal.mod", "module", 0644),
                file("boot/initrd", std::string(3000000, 'i'), 0640),
                node(Node::Kind::fifo, "boot/pipe", 0600),
                node(Node::Kind::symlink, "boot/vmlinuz", 0777),
                file("boot/vmlinuz-6.1", "kernel", 04755),
                file("boot/vmlinuz-6.1.twin", "kernel", 04755)};
        for (auto &one : tree) {
            if (one.kind == Node::Kind::symlink)
                one.target = "vmlinuz-6.1";
            if (one.path.starts_with("boot/vmlinuz-6.1")) {
                auto &source = std::get<manifest::FileSource>(one.bytes);
                source.device = source.inode = 7;
                one.mtime = long_ago;
            }
        }
        write_medium();
        system.given["/dev/sda"] = std::string(1 << 20, '\0');
    }

    manifest::Node file(const std::string &path, const std::string &bytes, std::uint32_t mode) {
        system.write(context.places.medium + "/" + path, bytes);
        manifest::Node made = node(manifest::Node::Kind::file, path, mode);
        made.bytes = manifest::FileSource{.path = "", .size = bytes.size()};
        digests[path] = util::sha256(bytes);
        return made;
    }

    void write_medium() {
        const std::string lines = manifest::snapshot_metadata(tree);
        digests["mdrescue/boot.jsonl"] = util::sha256(lines);
        std::string sums;
        for (const auto &[path, digest] : digests)
            sums += manifest::sums_line(digest, path);
        system.write(context.places.medium + "/mdrescue/boot.jsonl", lines);
        system.write(context.places.medium + "/mdrescue/SHA256SUMS", sums);
    }

    execute::Status check() { return execute::check(context, step); }
    util::Result<void> apply() { return execute::apply(context, step); }
    system::FileInfo look(const std::string &name) {
        return system.look(device + "/" + name).value().value();
    }
    std::string read(const std::string &name) {
        return system.read_file(device + "/" + name, 1U << 30U).value_or("not there");
    }
    void touch(const std::string &name, std::int64_t mtime) {
        auto attributes = look(name).attributes;
        attributes.mtime = mtime;
        REQUIRE(system.set_attributes(device + "/" + name, attributes, false));
    }

    std::map<std::string, std::string> digests;
};

} // namespace mdrescue::test
