// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/line_editor.h"

namespace mdrescue::agent {
namespace {

constexpr char control(char letter) { return static_cast<char>(letter & 0x1f); }
constexpr char escape = 0x1b;
constexpr char del = 0x7f;

void take_back(std::string &text, std::string &echo) {
    if (text.empty())
        return;
    text.pop_back();
    echo += "\b \b";
}

} // namespace

/// ECMA-48, 5.4: a control sequence is ESC [ (or ESC O from a keypad), parameters, and one final
/// byte from @ to ~. A line that only sends ESC is not stuck: the next end of line is one.
bool LineEditor::in_escape(char byte) {
    switch (escape_) {
    case Escape::none:
        if (byte == escape)
            escape_ = Escape::started;
        return byte == escape;
    case Escape::started:
        escape_ = byte == '[' || byte == 'O' ? Escape::sequence : Escape::none;
        return true;
    case Escape::sequence:
        if (byte >= '@' && byte <= '~')
            escape_ = Escape::none;
        return true;
    }
    return false;
}

bool LineEditor::accepts(char byte) const {
    if (secret_)
        return static_cast<unsigned char>(byte) >= ' ' && byte != del &&
               text_.size() < longest_secret;
    return byte >= ' ' && byte < del && text_.size() < longest;
}

std::optional<std::string> LineEditor::take(char byte, std::string &echo) {
    const bool line_feed_of_cr = after_cr_ && byte == '\n';
    after_cr_ = byte == '\r';
    if (line_feed_of_cr)
        return std::nullopt;
    if (byte == '\r' || byte == '\n') {
        escape_ = Escape::none;
        echo += '\n';
        std::string line;
        line.swap(text_);
        return line;
    }
    if (in_escape(byte))
        return std::nullopt;
    std::string shown;
    if (byte == '\b' || byte == del) {
        take_back(text_, shown);
    } else if (byte == control('U') || byte == control('C')) {
        while (!text_.empty())
            take_back(text_, shown);
    } else if (accepts(byte)) {
        text_ += byte;
        shown += byte;
    }
    if (!secret_)
        echo += shown;
    return std::nullopt;
}

} // namespace mdrescue::agent
