// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// /etc/crypttab as crypttab(5) describes it.
namespace mdrescue::etc {

struct CrypttabEntry {
    std::string name;
    std::string source; ///< as written: "UUID=…" or a path
    std::string key;    ///< path of the key file, "none" where a passphrase is asked
    std::string options;
    bool operator==(const CrypttabEntry &) const = default;
};

struct CrypttabLine {
    std::string text;                   ///< as it stands, without the newline
    std::optional<CrypttabEntry> entry; ///< none: empty, comment or broken
    std::string problem; ///< why it is no entry, in words; "" for empty lines and comments
};

struct Crypttab {
    std::vector<CrypttabLine> lines;
};

[[nodiscard]] Crypttab parse_crypttab(std::string_view text);
[[nodiscard]] std::string to_text(const Crypttab &crypttab); ///< byte for byte what was parsed

} // namespace mdrescue::etc
