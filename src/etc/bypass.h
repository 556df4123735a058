// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "etc/crypttab.h"
#include "etc/fstab.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

/// Entries of fstab and crypttab whose device is missing are taken out and put back, so that a
/// machine starts completely without them: an entry becomes one comment line, the mark and then the
/// line exactly as it stood. No other byte changes, and nothing (nofail least of all) is added.
/// Pure.
///
/// Taken out are, in this order:
/// - entries whose device is missing, swap included;
/// - entries that need what was taken out: a mount point below one that is gone, or a source (bind
///   mount, swap file, loop) in it. systemd would make the mount point inside the wrong filesystem,
///   or fail at the source (systemd.mount(5), implicit dependencies).
/// Left alone are "/", what is not started at boot (noauto without x-systemd.automount), entries
/// without a device of this machine (tmpfs, nfs, tags nobody knows) unless they need what is gone,
/// and lines that are no entries.
///
/// What will not come back by itself (its array is lost) has a mark of its own, so that nothing
/// puts it back but its owner.
namespace mdrescue::etc {

inline constexpr std::string_view bypass_mark = "#mdrescue-bypass# ";
inline constexpr std::string_view lost_mark = "#mdrescue-lost# ";

struct Edited {
    std::string text;               ///< the whole file
    std::vector<std::string> lines; ///< taken out or put back: raw, as their author wrote them
};

using FstabMissing = std::function<bool(const FstabEntry &)>;
using CrypttabMissing = std::function<bool(const CrypttabEntry &)>;
using FstabLost = FstabMissing;
using CrypttabLost = CrypttabMissing;

/// missing: asked only about entries that may be taken out. Doing it twice is doing it once.
[[nodiscard]] Edited bypass_fstab(std::string_view text, const FstabMissing &missing);
[[nodiscard]] Edited bypass_crypttab(std::string_view text, const CrypttabMissing &missing);

/// The same, but with the other mark, and only what is lost: a mount point below one that is stays,
/// and with it what has its source there. Lines that have this mark already count for nothing.
[[nodiscard]] Edited take_out_lost_fstab(std::string_view text, const FstabLost &lost);
[[nodiscard]] Edited take_out_lost_crypttab(std::string_view text, const CrypttabLost &lost);

/// The inverse of bypassing, byte for byte. A line with the mark and something behind it that
/// bypassing never takes out (a comment, a broken line, "/") is somebody else's and stays.
[[nodiscard]] Edited restore_fstab(std::string_view text);
[[nodiscard]] Edited restore_crypttab(std::string_view text);

} // namespace mdrescue::etc
