// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "util/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mdrescue::payload {

/// What an ELF program or library says it needs (System V ABI, chapter 5; elf(5)).
struct Dynamics {
    std::uint16_t machine = 0;         ///< e_machine
    std::string interpreter;           ///< PT_INTERP, "" of a library or static program
    std::vector<std::string> needed;   ///< DT_NEEDED
    std::vector<std::string> run_path; ///< DT_RUNPATH, else DT_RPATH; as written, with $ORIGIN
};

/// Nothing when the bytes are no 64-bit little-endian ELF file (a script, another architecture).
/// Damaged: an error.
[[nodiscard]] util::Result<std::optional<Dynamics>> read_dynamics(std::string_view elf);

/// The content of a section. Nothing when there is no such section; an error when it is no such ELF
/// file or damaged.
[[nodiscard]] util::Result<std::optional<std::string_view>> elf_section(std::string_view elf,
                                                                        std::string_view name);

} // namespace mdrescue::payload
