// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/machine.h"
#include "probe/facts.h"
#include "util/result.h"

#include <string>

/// LUKS headers without anything a key could be tried against: no key slots, digests or salts are
/// kept. Facts "luks/<device>/header" (the first bytes of the binary header, salts and digests
/// blanked) and "luks/<device>/segments" (LUKS2).
namespace mdrescue::probe {

void collect_luks(Collector &collector, const std::string &device);

/// The binary header as it is kept. Errors: no LUKS header, truncated.
[[nodiscard]] util::Result<std::string> header_without_secrets(std::string header);

/// details: "version", "cipher" ("aes-xts-plain64"), "offset" (bytes), LUKS1 also "hash",
/// "key_bytes"; LUKS2 "label", "subsystem", "sector_size". Uses the facts.
[[nodiscard]] util::Result<void> read_luks(FactReader &facts, const std::string &device,
                                           model::Content &content);

} // namespace mdrescue::probe
