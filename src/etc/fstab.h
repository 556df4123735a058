// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// /etc/fstab as fstab(5) describes it.
namespace mdrescue::etc {

struct FstabEntry {
    enum class Source { uuid, label, partuuid, partlabel, device, other };
    Source kind = Source::other; ///< other: tmpfs, nfs, an unknown tag, …
    std::string
        source; ///< decoded; without "UUID=" and the like, and without quotes around the value
    std::string target; ///< decoded
    std::string type;
    std::string options;
    int dump = 0;
    int pass = 0;
    bool operator==(const FstabEntry &) const = default;
};

/// The first field of an entry, decoded: what kind of name it is, and the name without its tag and
/// quotes. crypttab(5) names its sources the same way.
[[nodiscard]] std::pair<FstabEntry::Source, std::string> source_name(std::string_view field);

struct FstabLine {
    std::string text;                ///< as it stands, without the newline
    std::optional<FstabEntry> entry; ///< none: empty, comment or broken
    std::string problem; ///< why it is no entry, in words; "" for empty lines and comments
};

struct Fstab {
    std::vector<FstabLine> lines; ///< the last is what follows the last newline
};

[[nodiscard]] Fstab parse_fstab(std::string_view text);
[[nodiscard]] std::string to_text(const Fstab &fstab); ///< byte for byte what was parsed

/// \040 and other three-digit octal escapes as in fstab(5) and /proc/self/mountinfo; anything else
/// stays as it is.
[[nodiscard]] std::string decode_octal(std::string_view field);

} // namespace mdrescue::etc
