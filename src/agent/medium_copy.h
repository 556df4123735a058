// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/medium.h"
#include "system/system.h"
#include "util/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace mdrescue::agent {

/// Memory in bytes that stays free for the recovery beside a copy of the medium: the installed
/// system's own grub-install needs most of it.
inline constexpr std::uint64_t memory_for_work = 384ULL << 20U;
/// What unlocking LUKS2 may want besides: the cost that cryptsetup chooses is at most this
/// (cryptsetup(8), --pbkdf-memory).
inline constexpr std::uint64_t memory_for_luks = 1ULL << 30U;

/// A copy of the medium in memory, made by the linear read that checks it, so that the medium may
/// be taken out: a server's only drive may be wanted, virtual media over a network may go away.
class MediumCopy {
  public:
    /// reserve: bytes that stay free. Without that much memory (/proc/meminfo, MemAvailable)
    /// nothing is kept.
    MediumCopy(system::System &system, std::uint64_t size, std::uint64_t reserve);
    ~MediumCopy();
    MediumCopy(const MediumCopy &) = delete;
    MediumCopy &operator=(const MediumCopy &) = delete;

    /// The next bytes of the medium. When they cannot be kept, nothing is: the check goes on.
    void append(std::string_view bytes);
    /// The whole medium was read, and is sound: from now on the copy is mounted in its place, and
    /// `medium` says so. False where there is none, or it cannot be, and the medium stays mounted.
    /// Error: nor can it.
    [[nodiscard]] util::Result<bool> take_place_of(Medium &medium);

  private:
    void give_up();
    void detach(const std::string &loop_device);

    system::System &system_;
    bool complete_so_far_ = false; ///< what was read is kept
    bool in_use_ = false;
};

} // namespace mdrescue::agent
