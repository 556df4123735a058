// SPDX-License-Identifier: GPL-3.0-or-later
#include "etc/mdadm_conf.h"

#include "etc/lines.h"
#include "util/text.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace mdrescue::etc {
namespace {

/// mdadm.conf(5); "Keywords … can be abbreviated to 3 characters."
constexpr std::array<std::string_view, 13> keywords{
    "DEVICE", "ARRAY",       "MAILADDR", "MAILFROM",    "PROGRAM", "CREATE",      "HOMEHOST",
    "AUTO",   "HOMECLUSTER", "POLICY",   "PART-POLICY", "SYSFS",   "MONITORDELAY"};

std::string changed(std::string_view text, int (*change)(int)) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(),
                   [change](unsigned char c) { return static_cast<char>(change(c)); });
    return result;
}

std::string full_keyword(std::string_view word) {
    const std::string upper = changed(word, std::toupper);
    if (upper.size() >= 3)
        for (const std::string_view keyword : keywords)
            if (keyword.starts_with(upper))
                return std::string(keyword);
    return {};
}

/// Words are separated by blanks; quotes, either kind, keep blanks together and may begin anywhere
/// in a word.
std::vector<std::string> words_of(const std::vector<std::string> &lines) {
    std::vector<std::string> words;
    for (const std::string &line : lines) {
        std::string word;
        char quote = 0;
        bool in_word = false;
        for (const char c : line) {
            if (quote == 0 && c == '#' && !in_word)
                break;
            if (quote != 0 && c == quote) {
                quote = 0;
            } else if (quote == 0 && (c == '"' || c == '\'')) {
                quote = c;
                in_word = true;
            } else if (quote == 0 && (c == ' ' || c == '\t' || c == '\r')) {
                if (in_word)
                    words.push_back(std::move(word));
                word.clear();
                in_word = false;
            } else {
                word += c;
                in_word = true;
            }
        }
        if (in_word)
            words.push_back(std::move(word));
    }
    return words;
}

void read_array(MdadmLine &line, const std::vector<std::string> &words) {
    MdadmArray array;
    for (std::size_t i = 1; i < words.size(); ++i) {
        const auto equals = words[i].find('=');
        if (equals != std::string::npos)
            array.tags[changed(words[i].substr(0, equals), std::tolower)] =
                words[i].substr(equals + 1);
        else if (array.device.empty())
            array.device = words[i];
        else
            line.problem = "ARRAY names two devices";
    }
    if (array.tags.empty() && line.problem.empty())
        line.problem = "ARRAY says nothing to recognise the array by";
    line.array = std::move(array);
}

void read_line(MdadmLine &line) {
    const auto words = words_of(line.text);
    if (words.empty())
        return;
    line.keyword = full_keyword(words[0]);
    if (line.keyword.empty())
        line.problem = "unknown keyword";
    else if (line.keyword == "ARRAY")
        read_array(line, words);
}

bool continues(const std::string &line) { return line.starts_with(' ') || line.starts_with('\t'); }

} // namespace

MdadmConf parse_mdadm_conf(std::string_view text) {
    MdadmConf conf;
    for (std::string &line : split_lines(text)) {
        if (conf.lines.empty() || !continues(line))
            conf.lines.emplace_back();
        conf.lines.back().text.push_back(std::move(line));
    }
    for (MdadmLine &line : conf.lines)
        read_line(line);
    return conf;
}

std::string to_text(const MdadmConf &conf) {
    std::vector<std::string> lines;
    for (const MdadmLine &line : conf.lines)
        lines.insert(lines.end(), line.text.begin(), line.text.end());
    return joined(lines);
}

} // namespace mdrescue::etc
