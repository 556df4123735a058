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
    /// A new line. secret: nothing of it is echoed, and any byte but control characters belongs to
    /// it, since a passphrase can have been set on a keyboard of any language.
    void begin(bool secret = false) {
        text_.clear();
        secret_ = secret;
    }

  private:
    enum class Escape { none, started, sequence };
    bool in_escape(char byte);

    [[nodiscard]] bool accepts(char byte) const;

    static constexpr std::size_t longest = 60;         // leaves room for a prompt in 80 columns
    static constexpr std::size_t longest_secret = 512; // cryptsetup's own limit for typed ones
    std::string text_;
    Escape escape_ = Escape::none;
    bool after_cr_ = false;
    bool secret_ = false;
};

} // namespace mdrescue::agent
