// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "etc/crypttab.h"
#include "etc/fstab.h"
#include "model/machine.h"

/// Whether what lies on a device can be what an entry of fstab or crypttab means. Names move, and
/// what an entry names by them must not be taken for something else. Pure.
namespace mdrescue::execute {

[[nodiscard]] bool fits(const etc::FstabEntry &entry, const model::Content &content);
/// A mapping with a throw-away key overwrites: it never fits what carries something else.
[[nodiscard]] bool fits(const etc::CrypttabEntry &entry, const model::Content &content);

/// Mapped without a LUKS header in front, so no signature tells that it is the right place.
[[nodiscard]] bool headerless(const etc::CrypttabEntry &entry);

} // namespace mdrescue::execute
