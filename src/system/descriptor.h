// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <unistd.h>
#include <utility>

namespace mdrescue::system {

/// An open file that is closed when it goes.
class Descriptor {
  public:
    explicit Descriptor(int value = -1) : value_(value) {}
    ~Descriptor() { reset(); }
    Descriptor(const Descriptor &) = delete;
    Descriptor &operator=(const Descriptor &) = delete;
    Descriptor(Descriptor &&other) noexcept : value_(std::exchange(other.value_, -1)) {}
    Descriptor &operator=(Descriptor &&other) noexcept {
        reset();
        value_ = std::exchange(other.value_, -1);
        return *this;
    }
    [[nodiscard]] int get() const { return value_; }
    void reset() {
        if (value_ >= 0)
            ::close(std::exchange(value_, -1));
    }

  private:
    int value_;
};

} // namespace mdrescue::system
