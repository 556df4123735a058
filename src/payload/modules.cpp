// SPDX-License-Identifier: GPL-3.0-or-later
#include "payload/modules.h"

#include "payload/files.h"
#include "util/text.h"

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>
#include <memory>

namespace mdrescue::payload {

namespace {

bool is_pattern(const std::string &text) { return text.find('/') != std::string::npos; }

/// "kernel/fs/ext4/ext4" of "kernel/fs/ext4/ext4.ko.xz".
std::string without_suffix(const std::string &path) { return path.substr(0, path.rfind(".ko")); }

bool matches(const std::string &pattern_or_name, const std::string &name,
             const ModuleEntry &entry) {
    if (!is_pattern(pattern_or_name))
        return module_name(pattern_or_name) == name;
    return ::fnmatch(pattern_or_name.c_str(), without_suffix(entry.path).c_str(), FNM_PATHNAME) ==
           0;
}

class Selector {
  public:
    explicit Selector(const ModuleIndex &index) : index_(index) {}

    void choose(const std::string &name) {
        if (!chosen_.insert(name).second)
            return;
        const ModuleEntry &entry = index_.modules().at(name);
        for (const auto &dependency : entry.dependencies)
            if (index_.modules().contains(dependency))
                choose(dependency);
        for (const auto *soft : {&entry.soft_before, &entry.soft_after})
            for (const auto &alias : *soft)
                for (const auto &provider : index_.find(alias))
                    choose(provider);
    }

    std::map<std::string, std::vector<std::string>> take() const {
        std::map<std::string, std::vector<std::string>> modules;
        for (const auto &name : chosen_) {
            std::vector<std::string> order;
            std::set<std::string> visited;
            visit(name, visited, order);
            order.pop_back(); // the module itself
            modules[name] = std::move(order);
        }
        return modules;
    }

  private:
    /// Depth first: what must be there before comes before. `visited` also ends a circle of soft
    /// dependencies.
    void visit(const std::string &name, std::set<std::string> &visited,
               std::vector<std::string> &order) const {
        if (!visited.insert(name).second)
            return;
        const ModuleEntry &entry = index_.modules().at(name);
        for (const auto &alias : entry.soft_before)
            if (const std::string provider = safe_provider(alias);
                !provider.empty() && !needs(provider, name))
                visit(provider, visited, order);
        // depmod lists the complete dependencies, last to be loaded first.
        for (auto dependency = entry.dependencies.rbegin(); dependency != entry.dependencies.rend();
             ++dependency)
            if (index_.modules().contains(*dependency))
                visit(*dependency, visited, order);
        order.push_back(name);
    }

    [[nodiscard]] bool needs(const std::string &module, const std::string &other) const {
        const auto &dependencies = index_.modules().at(module).dependencies;
        return std::find(dependencies.begin(), dependencies.end(), other) != dependencies.end();
    }

    /// The module that may be made a dependency for a softdep: it must load on any processor.
    /// Accelerated variants of an algorithm refuse to where their instructions are missing; the
    /// portable one is called …_generic throughout the kernel.
    [[nodiscard]] std::string safe_provider(const std::string &alias) const {
        auto providers = index_.find(alias);
        std::erase_if(providers,
                      [&](const std::string &name) { return index_.processor_specific(name); });
        const auto generic =
            std::find_if(providers.begin(), providers.end(),
                         [](const std::string &name) { return name.ends_with("_generic"); });
        if (generic != providers.end())
            return *generic;
        return providers.size() == 1 ? providers.front() : std::string();
    }

    const ModuleIndex &index_;
    std::set<std::string> chosen_;
};

void choose_patterns(const ModuleIndex &index, const ModuleWishes &wishes, Selector &selector) {
    for (const auto &[name, entry] : index.modules()) {
        const auto hit = [&, &module = name, &its = entry](const std::string &pattern) {
            return matches(pattern, module, its);
        };
        if (std::any_of(wishes.patterns.begin(), wishes.patterns.end(), hit) &&
            std::none_of(wishes.excluded.begin(), wishes.excluded.end(), hit))
            selector.choose(name);
    }
}

/// A driver bound to this device, when it is a module.
void add_driver(const std::string &device, std::set<std::string> &found) {
    const std::unique_ptr<char, void (*)(void *)> module(
        ::realpath((device + "/driver/module").c_str(), nullptr), std::free);
    if (module)
        found.insert(module_name(module.get()));
}

} // namespace

util::Result<ModuleWishes> module_wishes(const std::vector<ListEntry> &entries) {
    ModuleWishes wishes;
    for (const auto &entry : entries) {
        const auto &words = entry.words;
        if (words.size() == 1)
            (is_pattern(words[0]) ? wishes.patterns : wishes.names).push_back(words[0]);
        else if (words.size() == 2 && words[0] == "need")
            wishes.needed.push_back(words[1]);
        else if (words.size() == 2 && words[0] == "except")
            wishes.excluded.push_back(words[1]);
        else if (words.size() == 2 && words[0] == "load")
            wishes.load.push_back(words[1]);
        else
            return util::fail(fmt::format("modules.list:{}: not understood: {}", entry.line,
                                          fmt::join(words, " ")));
    }
    return wishes;
}

void add_machine_wishes(ModuleWishes &wishes, const model::Machine &machine) {
    for (const auto &condition : conditions(machine)) {
        if (condition.starts_with("fs:") && condition != "fs:swap")
            wishes.needed.push_back("fs-" + condition.substr(3)); // MODULE_ALIAS_FS of the kernel
        if (condition.starts_with("raid:"))
            wishes.needed.push_back("md-level-" +
                                    condition.substr(5)); // MODULE_ALIAS of drivers/md/raid*.c
    }
}

std::set<std::string> bound_modules(const std::string &sysfs) {
    std::set<std::string> found;
    for (const char *kind : {"/class/block", "/class/input"}) {
        const auto names = directory_names(sysfs + kind);
        if (!names)
            continue;
        for (const auto &name : *names) {
            const std::unique_ptr<char, void (*)(void *)> path(
                ::realpath((sysfs + kind + "/" + name).c_str(), nullptr), std::free);
            // Every directory from the device up to the root of the tree is a device on the way to
            // it.
            for (std::string at = path ? path.get() : ""; at.find("/devices/") != std::string::npos;
                 at = directory_name(at))
                add_driver(at, found);
        }
    }
    return found;
}

ModuleSelection select_modules(const ModuleIndex &index, const ModuleWishes &wishes) {
    ModuleSelection selection;
    Selector selector(index);
    choose_patterns(index, wishes, selector);
    for (const auto *names : {&wishes.names, &wishes.load, &wishes.needed})
        for (const auto &wish : *names) {
            const auto found = index.find(wish);
            for (const auto &name : found)
                selector.choose(name);
            if (found.empty() && names == &wishes.needed && !index.builtin(wish))
                selection.warnings.push_back(
                    fmt::format("this kernel has no module {}, which this machine needs",
                                util::printable(wish)));
        }
    selection.modules = selector.take();
    for (const auto &wish : wishes.load)
        for (const auto &name : index.find(wish))
            if (std::find(selection.load.begin(), selection.load.end(), name) ==
                selection.load.end())
                selection.load.push_back(name);
    return selection;
}

std::map<std::string, std::string> dependency_files(const ModuleIndex &index,
                                                    const ModuleSelection &selection) {
    std::map<std::string, std::string> files;
    std::string &dependencies = files["modules.dep"];
    std::string &soft = files["modules.softdep"];
    for (const auto &[name, before] : selection.modules) {
        const ModuleEntry &entry = index.modules().at(name);
        dependencies += entry.path + ":";
        for (auto one = before.rbegin(); one != before.rend(); ++one)
            dependencies += " " + index.modules().at(*one).path;
        dependencies += "\n";
        for (const auto &[list, word] :
             {std::pair(&entry.soft_before, "pre:"), std::pair(&entry.soft_after, "post:")})
            if (!list->empty())
                soft += fmt::format("softdep {} {} {}\n", name, word, fmt::join(*list, " "));
    }
    std::string &aliases = files["modules.alias"];
    for (const auto &[pattern, name] : index.aliases())
        if (selection.modules.contains(name))
            aliases += fmt::format("alias {} {}\n", pattern, name);
    std::string &builtin = files["modules.builtin"];
    for (const auto &path : index.builtin_paths())
        builtin += path + "\n";
    std::string &load = files["mdrescue.load"];
    for (const auto &name : selection.load)
        load += name + "\n";
    return files;
}

} // namespace mdrescue::payload
