// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "burn/libburn_messages.h"
#include "burn/source.h"

#include <atomic>
#include <optional>

namespace mdrescue::burn {

/// The image as libburn takes it: sector by sector, in libburn's own thread. libburn fills up with
/// zeros what a source does not give, so whoever writes has to ask for failed() afterwards.
class TrackSource {
  public:
    explicit TrackSource(SourceReader reader)
        : size_(static_cast<off_t>(reader.left())), reader_(std::move(reader)) {}

    /// A burn_source over this object, which must outlive it; nullptr when memory is short.
    [[nodiscard]] lib::burn_source *make();

    [[nodiscard]] bool failed() const { return failed_; }
    /// Once the writing is over: all bytes were given, and they were the ones that were checked.
    [[nodiscard]] util::Result<void> end();

  private:
    int read(unsigned char *buffer, int size);

    off_t size_;
    SourceReader reader_;
    std::string buffer_;
    std::size_t given_ = 0; ///< of buffer_
    std::atomic<bool> failed_ = false;
    std::optional<util::Error> error_;
};

} // namespace mdrescue::burn
