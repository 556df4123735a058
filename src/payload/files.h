// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "system/descriptor.h"
#include "util/result.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mdrescue::payload {

/// A regular file, opened for reading.
[[nodiscard]] util::Result<system::Descriptor> open_for_reading(const std::string &path);
/// Gives a regular file piece by piece to `take`, in `buffer`, which says how large a piece is.
/// Error: it cannot be read; what `take` says; util::cancelled().
[[nodiscard]] util::Result<void>
read_pieces(const std::string &path, std::string &buffer,
            const std::function<util::Result<void>(std::string_view piece)> &take);
[[nodiscard]] util::Result<std::string> read_whole_file(const std::string &path);
/// Names in a directory, sorted by byte, without . and ..
[[nodiscard]] util::Result<std::vector<std::string>> directory_names(const std::string &path);

/// `path` (absolute, below `root`) on this system.
[[nodiscard]] std::string below(const std::string &root, const std::string &path);
/// `path` below `root` with every symbolic link followed as if `root` were "/": absolute links of
/// another machine's root stay inside it. Nothing where it does not exist or its links run in a
/// circle.
[[nodiscard]] std::optional<std::string> resolved(const std::string &root, const std::string &path);

[[nodiscard]] std::string base_name(const std::string &path);
[[nodiscard]] std::string directory_name(const std::string &path); ///< "" of a name without a slash

} // namespace mdrescue::payload
