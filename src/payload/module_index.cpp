// SPDX-License-Identifier: GPL-3.0-or-later
#include "payload/module_index.h"

#include "payload/files.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>
#include <fnmatch.h>
#include <string_view>
#include <unistd.h>

namespace mdrescue::payload {

namespace {

std::string with_underscores(std::string text) {
    std::replace(text.begin(), text.end(), '-', '_');
    return text;
}

bool exists(const std::string &path) { return ::access(path.c_str(), F_OK) == 0; }

/// Calls `take` with the words of every line that is no comment; depmod's files have one record a
/// line.
template <class Take> util::Result<void> each_line(const std::string &path, Take take) {
    MDR_TRY_ASSIGN(const std::string text, read_whole_file(path));
    unsigned number = 0;
    for (const auto line : util::split(text, '\n')) {
        ++number;
        const auto words = util::split_words(line);
        if (!words.empty() && words[0].front() != '#' && !take(words))
            return util::fail(fmt::format("{}:{}: damaged line", util::printable(path), number),
                              "Run depmod for this kernel to write the file anew.");
    }
    return {};
}

} // namespace

std::string module_name(const std::string &text) {
    std::string name = base_name(text);
    if (const auto suffix = name.find(".ko"); suffix != std::string::npos)
        name.resize(suffix);
    return with_underscores(std::move(name));
}

util::Result<ModuleIndex> ModuleIndex::load(const std::string &directory) {
    if (!exists(directory + "/modules.dep"))
        return util::fail(fmt::format("{} has no modules.dep, which tells what each module needs",
                                      util::printable(directory)),
                          "Run `depmod VERSION` (package kmod; `depmod -b DIR VERSION` for a "
                          "kernel below another directory).");
    ModuleIndex index;
    MDR_TRY(index.read_dependencies(directory + "/modules.dep"));
    MDR_TRY(index.read_soft_dependencies(directory + "/modules.softdep"));
    MDR_TRY(index.read_aliases(directory + "/modules.alias"));
    MDR_TRY(index.read_builtin(directory + "/modules.builtin"));
    MDR_TRY(index.read_builtin_aliases(directory + "/modules.builtin.modinfo"));
    return index;
}

util::Result<void> ModuleIndex::read_dependencies(const std::string &path) {
    return each_line(path, [&](const std::vector<std::string_view> &words) {
        if (words[0].back() != ':')
            return false;
        ModuleEntry entry{std::string(words[0].substr(0, words[0].size() - 1)), {}, {}, {}};
        for (std::size_t i = 1; i < words.size(); ++i)
            entry.dependencies.push_back(module_name(std::string(words[i])));
        modules_.insert_or_assign(module_name(entry.path), std::move(entry));
        return true;
    });
}

util::Result<void> ModuleIndex::read_soft_dependencies(const std::string &path) {
    if (!exists(path))
        return {};
    return each_line(path, [&](const std::vector<std::string_view> &words) {
        if (words.size() < 2 || words[0] != "softdep")
            return false;
        const auto module = modules_.find(module_name(std::string(words[1])));
        std::vector<std::string> *list =
            nullptr; // words before pre: or post: mean nothing to modprobe either
        for (std::size_t i = 2; i < words.size() && module != modules_.end(); ++i) {
            if (words[i] == "pre:")
                list = &module->second.soft_before;
            else if (words[i] == "post:")
                list = &module->second.soft_after;
            else if (list != nullptr)
                list->emplace_back(words[i]);
        }
        return true;
    });
}

util::Result<void> ModuleIndex::read_aliases(const std::string &path) {
    if (!exists(path))
        return {};
    return each_line(path, [&](const std::vector<std::string_view> &words) {
        if (words.size() != 3 || words[0] != "alias")
            return false;
        const std::string pattern(words[1]);
        const std::string name = module_name(std::string(words[2]));
        if (pattern.starts_with("cpu:"))
            processor_specific_.insert(name);
        if (pattern.find_first_of("*?[") == std::string::npos)
            plain_aliases_.emplace(with_underscores(pattern), name);
        aliases_.emplace_back(pattern, name);
        return true;
    });
}

util::Result<void> ModuleIndex::read_builtin(const std::string &path) {
    if (!exists(path))
        return {};
    return each_line(path, [&](const std::vector<std::string_view> &words) {
        builtin_paths_.emplace_back(words[0]);
        builtin_.insert(module_name(builtin_paths_.back()));
        return true;
    });
}

/// The .modinfo sections of all built-in modules: "NAME.KEY=VALUE", each ended by a zero byte
/// (kernel documentation, kbuild/kbuild).
util::Result<void> ModuleIndex::read_builtin_aliases(const std::string &path) {
    if (!exists(path))
        return {};
    MDR_TRY_ASSIGN(const std::string text, read_whole_file(path));
    constexpr std::string_view key = ".alias=";
    for (const auto record : util::split(text, '\0'))
        if (const auto found = record.find(key);
            found != std::string_view::npos && found < record.find('='))
            builtin_.insert(with_underscores(std::string(record.substr(found + key.size()))));
    return {};
}

bool ModuleIndex::builtin(const std::string &name_or_alias) const {
    return builtin_.contains(with_underscores(name_or_alias));
}

std::vector<std::string> ModuleIndex::find(const std::string &name_or_alias) const {
    const std::string name = with_underscores(name_or_alias);
    if (modules_.contains(name))
        return {name};
    std::set<std::string> found;
    const auto [first, last] = plain_aliases_.equal_range(name);
    for (auto alias = first; alias != last; ++alias)
        found.insert(alias->second);
    if (name_or_alias.find(':') != std::string::npos) // only device aliases have wildcards
        for (const auto &[pattern, module] : aliases_)
            if (::fnmatch(pattern.c_str(), name_or_alias.c_str(), 0) == 0)
                found.insert(module);
    std::erase_if(found, [&](const std::string &module) { return !modules_.contains(module); });
    return {found.begin(), found.end()};
}

} // namespace mdrescue::payload
