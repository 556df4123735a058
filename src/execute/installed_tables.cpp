// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/installed_tables.h"

#include "util/text.h"

#include <algorithm>
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

/// A file as it was, and as it is to be.
struct NewTable {
    TableChange change;
    std::string before;
    std::string text;
};

/// Both tables, each where it changes.
Result<std::vector<TableChange>> write_tables(system::System &system, const std::string &root,
                                              std::vector<NewTable> tables, Writing writing) {
    std::vector<TableChange> changes;
    for (NewTable &table : tables) {
        if (table.text == table.before)
            continue;
        if (writing == Writing::really)
            MDR_TRY(system.replace_file(below(root, table.change.path.c_str()), table.text));
        changes.push_back(std::move(table.change));
    }
    return changes;
}

/// What was put back, and then what of it (or else) was taken out.
NewTable restored_without(const char *path, const std::string &before, etc::Edited restored,
                          etc::Edited lost) {
    for (const std::string &line : lost.lines)
        if (const auto twin = std::find(restored.lines.begin(), restored.lines.end(), line);
            twin != restored.lines.end())
            restored.lines.erase(twin); // it was out before, and is out for another reason now
    return {{path, std::move(lost.lines), std::move(restored.lines)}, before, std::move(lost.text)};
}

} // namespace

Result<std::vector<TableChange>> bypass_tables(system::System &system, const std::string &root,
                                               const model::Machine &observed,
                                               const model::Machine *recorded, Writing writing) {
    MDR_TRY_ASSIGN(const InstalledTables tables, read_tables(system, root));
    const Surroundings surroundings{observed, recorded,
                                    [&](const std::string &path) { return system.exists(path); }};
    EditedTables edited = bypass_missing(tables, surroundings);
    return write_tables(system, root,
                        {{{fstab_path, std::move(edited.fstab.lines), {}},
                          tables.fstab,
                          std::move(edited.fstab.text)},
                         {{crypttab_path, std::move(edited.crypttab.lines), {}},
                          tables.crypttab,
                          std::move(edited.crypttab.text)}},
                        writing);
}

Result<std::vector<TableChange>> restore_tables(system::System &system, const std::string &root,
                                                Writing writing) {
    const model::Machine nothing;
    return restore_tables_without({{}, {}, nothing, nothing}, system, root, writing);
}

Result<std::vector<TableChange>> restore_tables_without(const Lost &lost, system::System &system,
                                                        const std::string &root, Writing writing) {
    MDR_TRY_ASSIGN(const InstalledTables tables, read_tables(system, root));
    etc::Edited fstab = etc::restore_fstab(tables.fstab);
    etc::Edited crypttab = etc::restore_crypttab(tables.crypttab);
    EditedTables without = take_out_lost({fstab.text, crypttab.text}, lost);
    return write_tables(
        system, root,
        {restored_without(fstab_path, tables.fstab, std::move(fstab), std::move(without.fstab)),
         restored_without(crypttab_path, tables.crypttab, std::move(crypttab),
                          std::move(without.crypttab))},
        writing);
}

std::string shown_line(std::string_view line) {
    return util::printable(fmt::format("{}", fmt::join(util::split_words(line), " ")));
}

} // namespace mdrescue::execute
