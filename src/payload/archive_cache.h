// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "manifest/tree.h"
#include "util/progress.h"
#include "util/result.h"

#include <string>

namespace mdrescue::payload {

/// A digest of all that decides an archive's bytes. Generated files go in by content. Files on disk
/// go in by path, size, inode and the modification and status-change times in nanoseconds: no
/// program can change a file's bytes and put its status-change time back, so a stale archive is not
/// possible, and hundreds of module files need not be read. The compressor and the versions of its
/// libraries go in too.
[[nodiscard]] util::Result<std::string> archive_key(const manifest::Tree &tree, bool zstd);

/// Copies the archive of that key to `output` when the directory holds it whole: its own digest,
/// kept in its name, is checked. False: not there, or damaged (then it is removed).
[[nodiscard]] util::Result<bool> fetch_archive(const std::string &directory, const std::string &key,
                                               const std::string &output);

/// Keeps a copy under that key; it appears complete or not at all. Only the last few archives are
/// kept. The directory is made as needed.
[[nodiscard]] util::Result<void> store_archive(const std::string &directory, const std::string &key,
                                               const std::string &archive);

} // namespace mdrescue::payload
