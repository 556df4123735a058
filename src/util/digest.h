// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "util/result.h"

#include <memory>
#include <string>
#include <string_view>

namespace mdrescue::util {

/// SHA-256 of a stream of bytes (FIPS 180-4), by nettle.
class Sha256 {
  public:
    Sha256();
    ~Sha256();
    Sha256(Sha256 &&) noexcept;
    Sha256 &operator=(Sha256 &&) noexcept;
    Sha256(const Sha256 &) = delete;
    Sha256 &operator=(const Sha256 &) = delete;

    void update(std::string_view bytes);
    /// The digest as 64 lower-case hex digits; afterwards the object is as new.
    [[nodiscard]] std::string finish();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

[[nodiscard]] std::string sha256(std::string_view bytes);

/// A UUID (8-4-4-4-12) derived from a text: the same text gives the same UUID. It is the first half
/// of the text's SHA-256 with the bits of version 8 (custom) set, RFC 9562 section 5.8.
[[nodiscard]] std::string derived_uuid(std::string_view text);

} // namespace mdrescue::util
