// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "util/result.h"

#include <string>

namespace mdrescue::cli {

/// What the program needs: as installed beside it, at the configured prefix or anywhere else, or
/// named by MDRESCUE_DATADIR, MDRESCUE_LIBEXECDIR and MDRESCUE_CACHEDIR in the environment.
struct DataFiles {
    std::string templates; ///< directory
    std::string grub;      ///< directory
    std::string initramfs; ///< directory: lists and skeleton
    std::string agent;     ///< the static mdrescue-agent
    std::string cache;     ///< directory for compressed initramfs archives; need not exist
};

[[nodiscard]] std::string own_program(); ///< path of the running program

/// Error: which part is missing and where it was looked for.
[[nodiscard]] util::Result<DataFiles> find_data_files(const std::string &program = own_program());

} // namespace mdrescue::cli
