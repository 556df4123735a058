// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "system/system.h"
#include "util/result.h"

#include <cstdint>
#include <string>

/// Looking at and writing to files and devices of this machine: what System promises under the same
/// names.
namespace mdrescue::system {

/// The result of a call that sets errno: "cannot <what> <path>: <why>".
[[nodiscard]] util::Result<void> checked(int result, const char *what, const std::string &path);

/// Bytes from an offset on of what is open at `file`; fewer than asked for only at its end. How
/// many. Error: "cannot read <path> at byte <where>".
[[nodiscard]] util::Result<std::size_t> read_up_to(int file, const std::string &path,
                                                   std::uint64_t offset, char *buffer,
                                                   std::size_t length);
/// Exactly so many bytes; Error also: "<path> ends at byte <where>".
[[nodiscard]] util::Result<void> read_exactly(int file, const std::string &path,
                                              std::uint64_t offset, char *buffer,
                                              std::size_t length);
[[nodiscard]] util::Result<void> write_device(const std::string &path, std::uint64_t offset,
                                              const std::string &bytes, Claim claim);
[[nodiscard]] util::Result<void> replace_file(const std::string &path, const std::string &bytes,
                                              std::uint32_t mode);
[[nodiscard]] util::Result<void> append_file(const std::string &path, const std::string &bytes);
[[nodiscard]] util::Result<void> copy_file(const std::string &source, const std::string &target);
[[nodiscard]] util::Result<void> set_attributes(const std::string &path,
                                                const Attributes &attributes, bool symlink);
[[nodiscard]] util::Result<std::optional<FileInfo>> look(const std::string &path);
[[nodiscard]] util::Result<std::uint64_t> free_space(const std::string &path);
[[nodiscard]] util::Result<void> remove(const std::string &path);

} // namespace mdrescue::system
