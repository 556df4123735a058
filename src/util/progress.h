// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "util/result.h"

#include <atomic>
#include <cstdint>
#include <string_view>

namespace mdrescue::util {

/// Long work tells how far it is; who listens decides how it looks. The default listens to nothing.
class Progress {
  public:
    virtual ~Progress() = default;
    /// A new phase begins and the one before it has ended. total: bytes, or 0 when unknown.
    virtual void phase(std::string_view /*name*/, std::uint64_t /*total*/) {}
    /// done: bytes of this phase so far.
    virtual void advance(std::uint64_t /*done*/) {}
    /// The last phase has ended; what follows is no progress.
    virtual void end() {}
    /// Something the operator should know that does not stop the work.
    virtual void warn(std::string_view /*message*/) {}
};

/// Set by the signal handler on Ctrl-C; long loops look at it and return cancelled().
extern std::atomic<bool> cancel_requested;

/// The error of work that stopped because of cancel_requested.
[[nodiscard]] tl::unexpected<Error> cancelled();

} // namespace mdrescue::util
