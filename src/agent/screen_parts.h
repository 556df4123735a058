// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/screens.h"

#include <cstdint>
#include <string>

/// The tables the screens are made of. Pure.
namespace mdrescue::agent {

/// "2024-05-01 12:34 UTC"
[[nodiscard]] std::string date_text(std::int64_t seconds_since_1970);

/// Disks with position, serial, size and kernel name now: missing ones first, then new ones, then
/// those found. brief: for the overview, else with what lies on each.
[[nodiscard]] Lines disk_rows(const Facts &facts, bool brief);

/// Arrays with level, slots and their state in words: those with trouble first.
[[nodiscard]] Lines array_rows(const Facts &facts, bool brief);

} // namespace mdrescue::agent
