// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/installed_tables.h"

#include "util/text.h"

#include <fmt/format.h>
#include <utility>

namespace mdrescue::execute {
namespace {

using util::Result;

constexpr const char *fstab_path = "/etc/fstab";
constexpr const char *crypttab_path = "/etc/crypttab";

std::string below(const std::string &root, const char *path) {
    return (root == "/" ? "" : root) + path;
}

/// Few systems have a crypttab; one without fstab is no system.
Result<InstalledTables> read_tables(system::System &system, const std::string &root) {
    InstalledTables tables;
    const std::string fstab = below(root, fstab_path);
    if (!system.exists(fstab))
        return util::fail(fstab + " does not exist",
                          "Name the directory the installed system is mounted at.");
    MDR_TRY_ASSIGN(tables.fstab, system.read_file(fstab));
    if (const std::string crypttab = below(root, crypttab_path); system.exists(crypttab)) {
        MDR_TRY_ASSIGN(tables.crypttab, system.read_file(crypttab));
    }
    return tables;
}

Result<void> write_change(system::System &system, const std::string &root, const char *path,
                          etc::Edited edited, Writing writing, std::vector<TableChange> &changes) {
    if (edited.lines.empty())
        return {};
    if (writing == Writing::really)
        MDR_TRY(system.replace_file(below(root, path), edited.text));
    changes.push_back({path, std::move(edited.lines)});
    return {};
}

Result<std::vector<TableChange>> write_changes(system::System &system, const std::string &root,
                                               EditedTables edited, Writing writing) {
    std::vector<TableChange> changes;
    MDR_TRY(write_change(system, root, fstab_path, std::move(edited.fstab), writing, changes));
    MDR_TRY(
        write_change(system, root, crypttab_path, std::move(edited.crypttab), writing, changes));
    return changes;
}

} // namespace

Result<std::vector<TableChange>> bypass_tables(system::System &system, const std::string &root,
                                               const model::Machine &observed,
                                               const model::Machine *recorded, Writing writing) {
    MDR_TRY_ASSIGN(const InstalledTables tables, read_tables(system, root));
    const Surroundings surroundings{observed, recorded,
                                    [&](const std::string &path) { return system.exists(path); }};
    return write_changes(system, root, bypass_missing(tables, surroundings), writing);
}

Result<std::vector<TableChange>> restore_tables(system::System &system, const std::string &root,
                                                Writing writing) {
    MDR_TRY_ASSIGN(const InstalledTables tables, read_tables(system, root));
    return write_changes(system, root,
                         {etc::restore_fstab(tables.fstab), etc::restore_crypttab(tables.crypttab)},
                         writing);
}

std::string shown_line(std::string_view line) {
    return util::printable(fmt::format("{}", fmt::join(util::split_words(line), " ")));
}

} // namespace mdrescue::execute
