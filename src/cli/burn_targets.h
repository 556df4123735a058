// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "burn/source.h"
#include "cli/commands.h"
#include "cli/json_output.h"
#include "util/result.h"

#include <string>

/// The two kinds of targets of `mdrescue burn`: what each shows, asks and does.
namespace mdrescue::cli {

/// The conversation of one burn. With --json, standard output is for the result alone.
class BurnTalk {
  public:
    BurnTalk(const Context &context, const BurnOptions &options)
        : context_(context), options_(options) {}

    [[nodiscard]] const Context &context() const { return context_; }
    [[nodiscard]] const BurnOptions &options() const { return options_; }
    void say(const std::string &line) const;
    /// One line of standard input without blanks around it; "" at its end.
    [[nodiscard]] std::string ask(const std::string &prompt) const;
    /// Whether the target may be overwritten. identity: its serial, or its name where it has none.
    /// Where there are doubts only the identity will do; --serial counts as typed. Error: no.
    [[nodiscard]] util::Result<void> consent(const std::string &identity, bool doubts) const;

  private:
    [[nodiscard]] util::Result<void> send(const std::string &text) const;

    const Context &context_;
    const BurnOptions &options_;
};

/// Each writes the source to the device and compares; with --dry-run only looks.
[[nodiscard]] util::Result<BurnReport>
burn_to_disc(const BurnTalk &talk, const std::string &address, const burn::Source &source);
[[nodiscard]] util::Result<BurnReport> burn_to_stick(const BurnTalk &talk, const std::string &path,
                                                     const burn::Source &source);

} // namespace mdrescue::cli
