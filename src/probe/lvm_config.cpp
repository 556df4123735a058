// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/lvm_config.h"

#include "probe/facts.h"

#include <algorithm>

namespace mdrescue::probe {
namespace {

using util::fail;
using util::Result;

constexpr int deepest = 16; // LVM itself nests five deep

struct Token {
    enum class Kind { word, string, mark, end, broken };
    Kind kind = Kind::end;
    std::string text;
};

class Parser {
  public:
    explicit Parser(std::string_view text) : text_(text) { advance(); }

    Result<LvmSection> section(int depth) {
        if (depth > deepest)
            return fail("nested too deep");
        LvmSection result;
        while (token_.kind == Token::Kind::word) {
            const std::string name = token_.text;
            advance();
            if (is_mark("{")) {
                advance();
                MDR_TRY_ASSIGN(LvmSection inner, section(depth + 1));
                if (!is_mark("}"))
                    return fail("a section is not closed");
                advance();
                result.sections[name] = std::move(inner);
            } else if (is_mark("=")) {
                advance();
                MDR_TRY_ASSIGN(result.values[name], value());
            } else {
                return fail("neither a section nor a value");
            }
        }
        return result;
    }

    [[nodiscard]] bool at_end() const { return token_.kind == Token::Kind::end; }

  private:
    [[nodiscard]] bool is_mark(std::string_view mark) const {
        return token_.kind == Token::Kind::mark && token_.text == mark;
    }
    [[nodiscard]] bool is_value() const {
        return token_.kind == Token::Kind::word || token_.kind == Token::Kind::string;
    }

    Result<std::vector<std::string>> value() {
        const bool list = is_mark("[");
        if (list)
            advance();
        std::vector<std::string> values;
        while (is_value()) {
            values.push_back(std::move(token_.text));
            advance();
            if (!list)
                return values;
            if (is_mark(","))
                advance();
        }
        if (!list || !is_mark("]"))
            return fail("a value is broken");
        advance();
        return values;
    }

    void skip_blanks() {
        while (at_ < text_.size()) {
            if (text_[at_] == '#')
                at_ = std::min(text_.find('\n', at_), text_.size());
            else if (std::string_view(" \t\r\n\0", 5).find(text_[at_]) != std::string_view::npos)
                ++at_;
            else
                return;
        }
    }

    Token string_token() {
        std::string value;
        for (++at_; at_ < text_.size(); ++at_) {
            if (text_[at_] == '"') {
                ++at_;
                return {Token::Kind::string, value};
            }
            if (text_[at_] == '\\' && at_ + 1 < text_.size())
                ++at_;
            value += text_[at_];
        }
        return {Token::Kind::broken, {}};
    }

    void advance() {
        skip_blanks();
        if (at_ >= text_.size()) {
            token_ = {};
        } else if (std::string_view("{}[]=,").find(text_[at_]) != std::string_view::npos) {
            token_ = {Token::Kind::mark, std::string(1, text_[at_++])};
        } else if (text_[at_] == '"') {
            token_ = string_token();
        } else {
            const auto end = std::min(
                text_.find_first_of(std::string_view(" \t\r\n{}[]=,\"#\0", 13), at_), text_.size());
            token_ = {Token::Kind::word, std::string(text_.substr(at_, end - at_))};
            at_ = end;
        }
    }

    std::string_view text_;
    std::size_t at_ = 0;
    Token token_;
};

} // namespace

std::string LvmSection::text(const std::string &key) const {
    const auto found = values.find(key);
    return found == values.end() || found->second.empty() ? std::string() : found->second.front();
}

std::uint64_t LvmSection::number(const std::string &key) const {
    return decimal(text(key)).value_or(0);
}

bool LvmSection::lists(const std::string &key, const std::string &value) const {
    const auto found = values.find(key);
    return found != values.end() &&
           std::find(found->second.begin(), found->second.end(), value) != found->second.end();
}

const LvmSection *LvmSection::section(const std::string &name) const {
    const auto found = sections.find(name);
    return found == sections.end() ? nullptr : &found->second;
}

Result<LvmSection> parse_lvm_config(std::string_view text) {
    Parser parser(text);
    MDR_TRY_ASSIGN(LvmSection root, parser.section(0));
    if (!parser.at_end())
        return fail("LVM metadata that is no configuration text");
    return root;
}

} // namespace mdrescue::probe
