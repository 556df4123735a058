// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/types.h> // libburn.h uses off_t without including it

#include <cstdint>
#include <libburn/libburn.h>
#include <string>

namespace mdrescue::burn {

/// libburn's names; it puts them into a namespace of its own.
namespace lib = ::burn;

/// What libburn has complained of since the last call, printable and joined; "" for nothing.
[[nodiscard]] std::string complaints();

/// "what: complaints".
[[nodiscard]] std::string with_complaints(std::string what);

} // namespace mdrescue::burn
