// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/arguments.h"
#include "agent/check.h"
#include "agent/lines.h"
#include "diagnose/assembly.h"
#include "diagnose/diagnose.h"
#include "model/machine.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What is shown, as pure functions: facts in, lines out. The overview fits on 80x24.
namespace mdrescue::agent {

/// All the session knows at one moment.
struct Facts {
    std::string medium;                     ///< device it was found on; "" when it was not
    std::optional<model::Profile> profile;  ///< none: no medium, or damaged
    std::optional<model::Machine> observed; ///< none: the machine could not be read
    std::optional<diagnose::Comparison> comparison;
    std::vector<diagnose::Assembly> assemblies; ///< in the profile's order
    std::vector<std::string> warnings;          ///< what went wrong on the way here, printable
};

inline constexpr std::size_t screen_rows = 24;

/// First line of everything: program, whose image, when it was made.
[[nodiscard]] Lines header(const Facts &facts);

/// This machine yes or no, disks, arrays, warnings, menu: at most `rows` lines, the last one free
/// for the prompt. What is well is left out first when it gets too long.
[[nodiscard]] Lines overview(const Facts &facts, std::size_t rows = screen_rows);

/// The same without any limit, for reading in full: every disk, array, member, warning.
[[nodiscard]] Lines details(const Facts &facts);

/// Why the guided recovery refuses on this machine; "" when nothing speaks against it.
[[nodiscard]] std::string refusal(const Facts &facts);

/// What a check of the medium has found.
[[nodiscard]] Lines check_result(const CheckReport &report);

/// The lines that greet in a rescue shell.
[[nodiscard]] Lines shell_greeting(const Facts &facts);

/// A log of execute::Journal, as it is in the file.
[[nodiscard]] Lines log_lines(std::string_view text);

enum class Outcome { done, refused, failed, cancelled };
[[nodiscard]] const char *outcome_word(Outcome outcome); ///< "done"
/// "mdrescue: RESULT done: the medium is sound, 212 MB checked": one line, for people and programs.
[[nodiscard]] Line result_line(Outcome outcome, const std::string &sentence);

} // namespace mdrescue::agent
