// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/scratch.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <utility>

namespace mdrescue::cli {

util::Result<Scratch> Scratch::make() {
    const char *base = std::getenv("TMPDIR");
    std::string path =
        std::string(base != nullptr && *base == '/' ? base : "/tmp") + "/mdrescue.XXXXXX";
    if (::mkdtemp(path.data()) == nullptr)
        return util::fail_errno("cannot make a directory for temporary files (" + path + ")",
                                errno);
    return Scratch(std::move(path));
}

Scratch::Scratch(Scratch &&other) noexcept : path_(std::exchange(other.path_, {})) {}

Scratch::~Scratch() {
    std::error_code ignored;
    if (!path_.empty())
        std::filesystem::remove_all(path_, ignored);
}

} // namespace mdrescue::cli
