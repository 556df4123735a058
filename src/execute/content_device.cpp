// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/content_device.h"

#include <fmt/format.h>
#include <optional>

namespace mdrescue::execute {
namespace {

using Matches = std::function<bool(const model::Content &)>;

/// 0: the whole device.
std::optional<unsigned> partition_with(const model::Content &whole,
                                       const std::optional<model::PartitionTable> &table,
                                       const Matches &matches) {
    if (matches(whole))
        return 0;
    if (table)
        for (const model::Partition &partition : table->partitions)
            if (matches(partition.content))
                return partition.number;
    return std::nullopt;
}

} // namespace

util::Result<std::string> device_with(Context &context, const Matches &matches) {
    for (const model::Array &array : context.profile.machine.arrays)
        if (const auto partition = partition_with(array.content, array.table, matches)) {
            MDR_TRY_ASSIGN(const std::string device, context.array(array.uuid));
            return *partition == 0 ? device : fmt::format("{}p{}", device, *partition);
        }
    for (const model::Disk &disk : context.profile.machine.disks)
        if (const auto partition = partition_with(disk.content, disk.table, matches))
            return context.device({disk.id, *partition});
    return std::string();
}

} // namespace mdrescue::execute
