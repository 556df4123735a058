// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>

namespace mdrescue::agent {

/// Bytes from one terminal → lines, with what is to be echoed. Pure, so that junk can be tested.
/// CR, LF and CR LF end a line; backspace and DEL take a character back, Ctrl-U and Ctrl-C all.
/// Escape sequences (cursor keys), bytes outside printable ASCII and what is too long are dropped.
class LineEditor {
  public:
    /// One byte; appends to `echo` what the terminal has to show. A line when it is complete.
    std::optional<std::string> take(char byte, std::string &echo);
    [[nodiscard]] const std::string &text() const { return text_; }
    void clear() { text_.clear(); }

  private:
    enum class Escape { none, started, sequence };
    bool in_escape(char byte);

    static constexpr std::size_t longest = 60; // leaves room for a prompt in 80 columns
    std::string text_;
    Escape escape_ = Escape::none;
    bool after_cr_ = false;
};

} // namespace mdrescue::agent
