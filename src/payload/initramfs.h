// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "manifest/tree.h"
#include "model/machine.h"
#include "payload/kernel.h"
#include "util/progress.h"
#include "util/result.h"

#include <string>

namespace mdrescue::payload {

/// What the initramfs is made from.
struct InitramfsRequest {
    std::string root; ///< "/" or the root of another machine: modules, firmware, tools, libraries
                      ///< come from there
    Kernel kernel;
    model::Machine machine; ///< its storage drivers and filesystems decide what is needed
    std::string skeleton;   ///< directory initramfs/ of the data directory: lists and files
    std::string agent;      ///< the static mdrescue-agent
    std::int64_t epoch = 0; ///< time of every file inside
    std::string sysfs; ///< "/sys" when building for the machine this runs on: drivers in use on the
                       ///< way to its disks and keyboards come along; else ""
};

struct InitramfsReport {
    std::string path; ///< the compressed archive
    std::uint64_t size = 0;
    std::string compression;                             ///< "zstd -10" or "gzip -9"
    std::uint64_t modules_bytes = 0, firmware_bytes = 0; ///< before compression
    bool reused = false;                                 ///< taken from the cache: same inputs
};

/// Decides what goes in: agent (/init), modules (see modules.h), firmware, tools with their library
/// closure, skeleton; by the lists in `skeleton`: nodes.list, modules.list, tools.list,
/// applets.list, and the files in skeleton/. Error: a required tool is missing (named with its
/// package), a kernel without modules.dep.
[[nodiscard]] util::Result<manifest::Tree>
initramfs_tree(const InitramfsRequest &request, InitramfsReport &report, util::Progress &progress);

/// Writes a tree as a compressed newc archive by libarchive; the same tree gives the same bytes.
[[nodiscard]] util::Result<void> write_archive(const manifest::Tree &tree, bool zstd,
                                               const std::string &path, util::Progress &progress);

/// Both; where cache_directory holds the archive of the same inputs, that is used. cache_directory:
/// made as needed; "" for none. One that cannot be written is a warning.
[[nodiscard]] util::Result<InitramfsReport> build_initramfs(const InitramfsRequest &request,
                                                            const std::string &cache_directory,
                                                            const std::string &output,
                                                            util::Progress &progress);

} // namespace mdrescue::payload
