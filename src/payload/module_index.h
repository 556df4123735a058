// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "util/result.h"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace mdrescue::payload {

/// A module's name as the kernel shows it: of a file name, a path or what a person wrote; '-' is
/// '_', without ".ko" and what follows.
[[nodiscard]] std::string module_name(const std::string &text);

struct ModuleEntry {
    std::string path; ///< below the modules directory: "kernel/fs/ext4/ext4.ko.xz"
    std::vector<std::string>
        dependencies; ///< names, all of them, direct and indirect, as depmod(8) orders them
    std::vector<std::string> soft_before; ///< names or aliases, modprobe.d(5) "softdep … pre:"
    std::vector<std::string> soft_after;  ///< "post:"
};

/// What depmod(8) knows of one kernel's modules, from its text files modules.dep, .softdep, .alias,
/// .builtin (and the kernel's own .builtin.modinfo): they are read directly because they are the
/// same under any root directory and with any compression.
class ModuleIndex {
  public:
    /// directory: Kernel::modules. Error: no modules.dep (tells to run depmod), a damaged line.
    [[nodiscard]] static util::Result<ModuleIndex> load(const std::string &directory);

    [[nodiscard]] const std::map<std::string, ModuleEntry> &modules() const { return modules_; }
    [[nodiscard]] bool
    builtin(const std::string &name_or_alias) const; ///< part of the kernel itself
    /// Modules that answer to a module name or an alias ("fs-ext4", "crypto-crc32c",
    /// "platform:idma64"); none: none.
    [[nodiscard]] std::vector<std::string> find(const std::string &name_or_alias) const;
    [[nodiscard]] const std::vector<std::pair<std::string, std::string>> &aliases() const {
        return aliases_;
    } ///< pattern, module name
    [[nodiscard]] const std::vector<std::string> &builtin_paths() const {
        return builtin_paths_;
    } ///< lines of modules.builtin
    /// True for a module that serves one kind of processor only and refuses to load on others
    /// ("cpu:type:…" among its aliases).
    [[nodiscard]] bool processor_specific(const std::string &name) const {
        return processor_specific_.contains(name);
    }

  private:
    util::Result<void> read_dependencies(const std::string &path);
    util::Result<void> read_soft_dependencies(const std::string &path);
    util::Result<void> read_aliases(const std::string &path);
    util::Result<void> read_builtin(const std::string &path);
    util::Result<void> read_builtin_aliases(const std::string &path);

    std::map<std::string, ModuleEntry> modules_;
    std::vector<std::pair<std::string, std::string>> aliases_;
    std::multimap<std::string, std::string> plain_aliases_; ///< normalized, without wildcards
    std::set<std::string> builtin_;                         ///< names and aliases, normalized
    std::set<std::string> processor_specific_;
    std::vector<std::string> builtin_paths_;
};

} // namespace mdrescue::payload
