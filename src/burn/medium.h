// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "util/result.h"

#include <cstdint>
#include <string>

/// What can be done with the disc in a CD, DVD or BD drive. Pure.
namespace mdrescue::burn {

/// A disc, as the drive tells it.
struct Medium {
    enum class State {
        none,       ///< no disc in the drive
        blank,      ///< also overwritable discs, whatever is on them
        appendable, ///< written, not closed
        full,       ///< written and closed, or for reading only
        unsuitable, ///< the drive can make nothing of it
    };
    State state = State::none;
    int profile = 0;            ///< MMC-6, 5.3.1 Profile List; 0xffff: a file in libburn's hands
    std::string profile_name;   ///< "DVD+RW", as libburn spells it
    std::uint64_t capacity = 0; ///< bytes that can be written now, or after blanking; 0: not known
    bool erasable = false;      ///< written, and can be blanked
    bool unformatted = false;   ///< overwritable, but must be formatted before its first use
    bool can_simulate = false;
    std::string content; ///< of an overwritable disc that holds something: what, else ""; raw
};

enum class Preparation { none, blank, format };

/// What has to be done before `bytes` can be written; blanking: the operator asked for it. Errors:
/// why that cannot be done with this disc, and what to do.
[[nodiscard]] util::Result<Preparation> prepare(const Medium &medium, std::uint64_t bytes,
                                                bool blanking);

/// Error: the disc does not have room for `bytes`; in bytes.
[[nodiscard]] util::Result<void> confirm_room(const Medium &medium, std::uint64_t bytes);

/// "a blank DVD+R with room for 4.7 GB": printable.
[[nodiscard]] std::string words(const Medium &medium);

/// Written over at any place without blanking: DVD-RAM, DVD+RW, restricted DVD-RW, BD-RE, a file.
[[nodiscard]] bool overwritable(const Medium &medium);

/// `times` as drives count it (8 x) in units of 1000 bytes per second, by the kind of disc: 1 x is
/// 176.4 for CD, 1385 for DVD, 4495.6 for BD (libburn.h, burn_drive_set_speed; MMC-6, 6.36).
[[nodiscard]] int kilobytes_per_second(int profile, double times);

} // namespace mdrescue::burn
