// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "util/result.h"

#include <string>

namespace mdrescue::cli {

/// A private directory for temporary files under $TMPDIR or /tmp, removed with all in it when this
/// goes.
class Scratch {
  public:
    [[nodiscard]] static util::Result<Scratch> make();
    ~Scratch();
    Scratch(Scratch &&other) noexcept;
    Scratch &operator=(Scratch &&) = delete;
    Scratch(const Scratch &) = delete;
    Scratch &operator=(const Scratch &) = delete;

    [[nodiscard]] const std::string &path() const { return path_; }

  private:
    explicit Scratch(std::string path) : path_(std::move(path)) {}
    std::string path_;
};

} // namespace mdrescue::cli
