// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/describe.h"

#include <fmt/format.h>

namespace mdrescue::plan {
namespace {

/// sfdisk ends a quoted value at the next quote whatever stands before it, and afterwards turns
/// \xNN into bytes (libfdisk/src/script.c: next_token, unhexmangle_string). So all but plain
/// characters are written that way.
std::string quoted(std::string_view value) {
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789 -_.:,()";
    std::string text = "\"";
    for (const char c : value) {
        if (plain.find(c) != std::string_view::npos)
            text += c;
        else
            text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
    return text + "\"";
}

std::string partition_line(const model::Partition &partition) {
    std::string line = fmt::format("{} : start={}, size={}, type={}", partition.number,
                                   partition.start, partition.size, partition.type);
    if (!partition.uuid.empty())
        line += ", uuid=" + partition.uuid;
    if (!partition.name.empty())
        line += ", name=" + quoted(partition.name);
    if (!partition.attributes.empty())
        line += ", attrs=" + quoted(partition.attributes);
    if (partition.bootable)
        line += ", bootable";
    return line + "\n";
}

} // namespace

std::string sfdisk_script(const model::PartitionTable &table, std::uint32_t logical_sector) {
    std::string script =
        fmt::format("label: {}\nlabel-id: {}\nunit: sectors\n", table.label, table.id);
    if (table.label == "gpt")
        script += fmt::format("table-length: {}\nfirst-lba: {}\nlast-lba: {}\n", table.entry_count,
                              table.first_usable, table.last_usable);
    script += fmt::format("sector-size: {}\n\n", logical_sector);
    for (const model::Partition &partition : table.partitions)
        script += partition_line(partition);
    return script;
}

} // namespace mdrescue::plan
