// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cli/commands.h"
#include "cli/scratch.h"
#include "profile/profile.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace mdrescue::test {

inline void put(const std::string &path, const std::string &text) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << text;
}

inline std::string get(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline std::vector<std::string> names_in(const std::string &directory) {
    std::vector<std::string> names;
    for (const auto &entry : std::filesystem::directory_iterator(directory))
        names.push_back(entry.path().filename().string());
    return names;
}

/// The root of another machine, with all that an image needs and nothing more: two kernels of which
/// the second has no modules, tools that are no real programs, this system's GRUB. And a place for
/// the output.
struct SmallRoot {
    cli::Scratch scratch = cli::Scratch::make().value();
    std::string root = scratch.path() + "/root";
    std::string out = scratch.path() + "/out";
    std::string temporary = scratch.path() + "/tmp"; ///< TMPDIR
    std::string machine_file = scratch.path() + "/machine.json";
    std::string output = out + "/bootcd.iso";

    SmallRoot() {
        // A copy: the checkout may lie where "nobody" may not look.
        std::filesystem::create_directories(scratch.path() + "/data");
        for (const std::string data : {"templates", "grub", "initramfs"})
            std::filesystem::copy(MDRESCUE_SOURCE_DIR "/" + data, scratch.path() + "/data/" + data,
                                  std::filesystem::copy_options::recursive);
        ::setenv("MDRESCUE_DATADIR", (scratch.path() + "/data").c_str(), 1);
        ::setenv("MDRESCUE_LIBEXECDIR", scratch.path().c_str(), 1);
        ::setenv("TMPDIR", temporary.c_str(), 1);
        ::setenv("MDRESCUE_CACHEDIR", (scratch.path() + "/cache").c_str(), 1);
        ::setenv("SOURCE_DATE_EPOCH", "1700000000", 1);
        put(scratch.path() + "/mdrescue-agent", "agent");
        std::filesystem::create_directories(out);
        std::filesystem::create_directories(temporary);
        put(root + "/boot/vmlinuz-6.1.0-1", "kernel");
        put(root + "/boot/config-6.1.0-1", "CONFIG_RD_ZSTD=y\n");
        put(root + "/lib/modules/6.1.0-1/modules.dep", "");
        put(root + "/boot/vmlinuz-6.1.0-2", "kernel without modules");
        for (const std::string tool :
             {"busybox", "mdadm", "sfdisk", "blkid", "lsblk", "wipefs", "mke2fs", "mkfs.ext2",
              "mkfs.ext3", "mkfs.ext4", "e2fsck", "tune2fs", "mkswap", "mkfs.vfat", "fsck.vfat",
              "lvm", "mkfs.xfs", "xfs_repair"})
            put(root + "/usr/bin/" + tool, "#!/bin/sh\n");
        for (const std::string parts : {"i386-pc", "x86_64-efi"})
            take_grub(parts);
        record({});
    }

    ~SmallRoot() {
        ::unsetenv("TMPDIR"); // the next test's scratch directory is not to lie in this one
        ::unsetenv("SOURCE_DATE_EPOCH");
    }

    SmallRoot(const SmallRoot &) = delete;
    SmallRoot &operator=(const SmallRoot &) = delete;

    /// A link to this system's: GRUB's parts are many megabytes.
    void take_grub(const std::string &parts) const {
        std::filesystem::create_directories(root + "/usr/lib/grub");
        std::filesystem::create_directory_symlink("/usr/lib/grub/" + parts,
                                                  root + "/usr/lib/grub/" + parts);
    }

    /// The machine whose image is made; with a kernel that this root has.
    void record(model::Machine machine) const {
        machine.kernel = "6.1.0-1";
        put(machine_file, profile::to_json(machine));
    }

    [[nodiscard]] cli::BuildOptions options() const {
        cli::BuildOptions made;
        made.machine_file = machine_file;
        made.root = root;
        made.output = output;
        return made;
    }

    /// `build` with these arguments more, as a command line.
    [[nodiscard]] std::vector<std::string>
    command(const std::vector<std::string> &more = {}) const {
        std::vector<std::string> words{"build", "--machine", machine_file, "--root",
                                       root,    "-o",        output};
        words.insert(words.end(), more.begin(), more.end());
        return words;
    }

    /// Lets another user read the inputs and write the output.
    void open_to_all() const {
        namespace fs = std::filesystem;
        fs::permissions(scratch.path(), fs::perms{0755});
        for (const auto &place : {out, temporary})
            fs::permissions(place, fs::perms{0777});
    }

    /// Neither at the output's place nor among the temporary files.
    [[nodiscard]] bool nothing_left() const {
        return names_in(out).empty() && names_in(temporary).empty();
    }
};

} // namespace mdrescue::test
