// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/machine.h"
#include "util/result.h"

#include <string>
#include <string_view>

/// machine.json: the profile as canonical, versioned JSON. Raw bytes that are not valid UTF-8 are
/// kept as
/// {"base64": "…"}, boot areas always.
namespace mdrescue::profile {

/// Canonical text: keys sorted, two blanks of indentation, a newline at the end; equal profiles
/// give equal bytes.
[[nodiscard]] std::string to_json(const model::Profile &profile);
/// The machine alone, for `probe --json`: {"format": "mdrescue machine", "version": 1, "machine":
/// {…}}, which from_json reads too.
[[nodiscard]] std::string to_json(const model::Machine &machine);

/// Reads either. Errors: not JSON, not ours, a newer version (names both versions and says to use a
/// newer mdrescue), a missing, unknown-typed or out-of-range field (named by its path, e.g.
/// "machine.disks[2].size").
[[nodiscard]] util::Result<model::Profile> from_json(std::string_view text);

} // namespace mdrescue::profile
