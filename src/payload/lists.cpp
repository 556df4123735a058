// SPDX-License-Identifier: GPL-3.0-or-later
#include "payload/lists.h"

#include "payload/files.h"
#include "util/text.h"

#include <fmt/format.h>

namespace mdrescue::payload {

namespace {

void add_content(std::set<std::string> &found, const model::Content &content) {
    if (content.kind == model::Content::Kind::filesystem && content.filesystem)
        found.insert("fs:" + content.filesystem->type);
    if (content.kind == model::Content::Kind::lvm_pv)
        found.insert("lvm");
    if (content.kind == model::Content::Kind::luks)
        found.insert("luks");
}

void add_table(std::set<std::string> &found, const std::optional<model::PartitionTable> &table) {
    if (table)
        for (const auto &partition : table->partitions)
            add_content(found, partition.content);
}

} // namespace

std::set<std::string> conditions(const model::Machine &machine) {
    std::set<std::string> found{"always"};
    for (const auto &disk : machine.disks) {
        add_content(found, disk.content);
        add_table(found, disk.table);
    }
    for (const auto &array : machine.arrays) {
        found.insert(fmt::format("raid:{}", array.level));
        add_content(found, array.content);
        add_table(found, array.table);
    }
    for (const auto &group : machine.volume_groups) {
        found.insert("lvm");
        for (const auto &volume : group.volumes)
            add_content(found, volume.content);
    }
    for (const auto &mount : machine.mounts)
        found.insert("fs:" + mount.type);
    found.insert(machine.firmware.mode == model::Firmware::Mode::uefi ? "uefi" : "bios");
    return found;
}

util::Result<std::vector<ListEntry>> read_list(const std::string &path,
                                               const std::set<std::string> &wanted) {
    MDR_TRY_ASSIGN(const std::string text, read_whole_file(path));
    std::vector<ListEntry> entries;
    std::string condition;
    unsigned number = 0;
    for (auto line : util::split(text, '\n')) {
        ++number;
        line = util::trimmed(line.substr(0, line.find('#')));
        if (line.empty())
            continue;
        const bool section = line.front() == '[';
        if (section ? (line.size() < 3 || line.back() != ']') : condition.empty())
            return util::fail(
                fmt::format("{}:{}: expected a section line such as [always]", path, number));
        if (section) {
            condition = line.substr(1, line.size() - 2);
            continue;
        }
        if (!wanted.contains(condition))
            continue;
        ListEntry entry{condition, {}, number};
        for (const auto word : util::split_words(line))
            entry.words.emplace_back(word);
        entries.push_back(std::move(entry));
    }
    return entries;
}

} // namespace mdrescue::payload
