// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/tables.h"

#include "probe/json_reports.h"
#include "probe/signatures.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>

namespace mdrescue::probe {
namespace {

/// True when the kernel has the same partitions, by number, start and size; it gives an extended
/// partition (0x5, 0xf, 0x85) a token size.
bool same_partitions(const BlockDevice &device, const model::PartitionTable &table) {
    if (device.partitions.size() != table.partitions.size())
        return false;
    const std::uint64_t scale = device.sector / 512;
    for (std::size_t i = 0; i < table.partitions.size(); ++i) {
        const model::Partition &wanted = table.partitions[i];
        const KernelPartition &used = device.partitions[i];
        const bool extended = table.label == "dos" &&
                              (wanted.type == "5" || wanted.type == "f" || wanted.type == "85");
        if (used.number != wanted.number || used.start != wanted.start * scale ||
            (!extended && used.size != wanted.size * scale))
            return false;
    }
    return true;
}

} // namespace

void collect_tables(Collector &collector, const std::vector<BlockDevice> &devices) {
    for (const BlockDevice &device : devices) {
        const auto found = collector.facts().find("blkid/" + device.name);
        if (device.kind == BlockDevice::Kind::mapper || found == collector.facts().end())
            continue;
        const Signature signature = parse_signature(found->second);
        // Without a table blkid knows of, the kernel may still have found partitions.
        if (signature.table != "dos" && signature.table != "gpt" && device.partitions.empty())
            continue;
        auto report =
            system::run_ok(collector.system(), {{"sfdisk", "--json", device_node(device.name)}});
        if (report)
            collector.keep("sfdisk/" + device.name, std::move(*report));
        else
            collector.problem("sfdisk/" + device.name, report.error().message);
    }
}

void read_tables(Observation &observation) {
    for (const BlockDevice &device : observation.devices) {
        const std::string *report = observation.facts.find("sfdisk/" + device.name);
        if (report == nullptr)
            continue;
        auto table = parse_sfdisk(*report, device.name);
        if (!table) {
            observation.warn(fmt::format("{}: {}", device.name, table.error().message));
            continue;
        }
        if (!same_partitions(device, *table))
            observation.warn(
                fmt::format("{}: the kernel uses other partitions than the table on the disk has",
                            device.name));
        observation.tables[device.name] = std::move(*table);
    }
}

} // namespace mdrescue::probe
