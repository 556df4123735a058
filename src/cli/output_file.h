// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "util/result.h"

#include <string>

namespace mdrescue::cli {

/// Says early, before minutes of work, why `path` cannot be the output: it is a directory or a
/// device, it exists and force is not given, its directory does not exist or is not writable.
[[nodiscard]] util::Result<void> check_output(const std::string &path, bool force);

/// Writes a small file completely or not at all, mode 0600: temporary file, fsync, rename. Makes
/// its directory (0700).
[[nodiscard]] util::Result<void> replace_file(const std::string &path, const std::string &text);

} // namespace mdrescue::cli
