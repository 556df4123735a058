// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/steps.h"

#include "execute/device_content.h"
#include "probe/facts.h"
#include "probe/json_reports.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>

namespace mdrescue::execute {
namespace {

using model::PartitionTable;
using util::fail;
using util::Result;

/// None: no table that sfdisk knows.
std::optional<PartitionTable> table_on(Context &context, const std::string &path) {
    const auto report = system::run_ok(context.system, {.argv = {"sfdisk", "--json", path}});
    if (!report)
        return std::nullopt;
    auto table = probe::parse_sfdisk(*report, kernel_name(path));
    return table ? std::optional(std::move(*table)) : std::nullopt;
}

void compare(std::string &difference, const std::string &what, const auto &wanted,
             const auto &found) {
    if (difference.empty() && wanted != found)
        difference =
            fmt::format("{} is {} instead of {}", what, util::printable(fmt::format("{}", found)),
                        util::printable(fmt::format("{}", wanted)));
}

std::string difference_of(const model::Partition &wanted, const model::Partition &found) {
    std::string difference;
    const std::string name = fmt::format("partition {}: ", wanted.number);
    compare(difference, name + "number", wanted.number, found.number);
    compare(difference, name + "start", wanted.start, found.start);
    compare(difference, name + "size", wanted.size, found.size);
    compare(difference, name + "type", wanted.type, found.type);
    compare(difference, name + "id", wanted.uuid, found.uuid);
    compare(difference, name + "name", wanted.name, found.name);
    compare(difference, name + "attributes", wanted.attributes, found.attributes);
    compare(difference, name + "boot flag", wanted.bootable, found.bootable);
    return difference;
}

/// The first field that is not as it should be; "" when all are. Contents of partitions are no
/// matter of the table.
std::string difference_of(const PartitionTable &wanted, const PartitionTable &found) {
    std::string difference;
    compare(difference, "kind", wanted.label, found.label);
    compare(difference, "id", wanted.id, found.id);
    compare(difference, "first usable sector", wanted.first_usable, found.first_usable);
    compare(difference, "last usable sector", wanted.last_usable, found.last_usable);
    compare(difference, "room for entries", wanted.entry_count, found.entry_count);
    compare(difference, "number of partitions", wanted.partitions.size(), found.partitions.size());
    for (std::size_t i = 0; difference.empty() && i < wanted.partitions.size(); ++i)
        difference = difference_of(wanted.partitions[i], found.partitions[i]);
    return difference;
}

bool is_extended(const PartitionTable &table, const model::Partition &partition) {
    return table.label == "dos" &&
           (partition.type == "5" || partition.type == "f" || partition.type == "85");
}

/// "" when the kernel has these partitions, and devices for them. Its unit is 512 bytes whatever
/// the disk's; to an extended one it gives a token size (block/partitions/msdos.c).
std::string kernel_difference(Context &context, const plan::WriteTable &step) {
    const std::uint64_t scale = step.logical_sector / 512;
    for (const model::Partition &partition : step.table.partitions) {
        const auto path = context.device({step.disk, partition.number});
        if (!path)
            return path.error().message;
        const auto number = [&](const char *attribute) {
            const auto text = context.system.read_file(
                fmt::format("/sys/class/block/{}/{}", kernel_name(*path), attribute));
            return text ? probe::decimal(util::trimmed(*text)) : std::nullopt;
        };
        if (number("start") != partition.start * scale || !context.system.exists(*path) ||
            (!is_extended(step.table, partition) && number("size") != partition.size * scale))
            return fmt::format("the kernel does not use {} as the table has it", *path);
    }
    return {};
}

/// Bounded. udev, where it runs, has the kernel read the table once more.
Result<void> wait_for_kernel(Context &context, const plan::WriteTable &step) {
    constexpr std::chrono::milliseconds pause{100};
    constexpr std::chrono::seconds limit{30};
    if (context.system.exists("/run/udev/control"))
        static_cast<void>(context.system.run({.argv = {"udevadm", "settle", "--timeout=20"}}));
    const auto start = context.system.now();
    for (;;) {
        const std::string difference = kernel_difference(context, step);
        if (difference.empty())
            return {};
        if (context.system.now() - start >= limit)
            return fail(difference);
        context.system.sleep(pause);
    }
}

bool marked(const Context &context, const std::string &disk) {
    return std::any_of(context.plan.steps.begin(), context.plan.steps.end(),
                       [&](const plan::Step &step) {
                           const auto *mark = std::get_if<plan::MarkDisk>(&step);
                           return mark != nullptr && mark->disk == disk;
                       });
}

/// Where there is room for no marker, a disk that was called blank must still be empty.
Result<void> confirm_blank(Context &context, const std::string &disk, const std::string &path) {
    const plan::Replacement *replacement = plan::replacement_of(context.plan, disk);
    if (marked(context, disk) ||
        (replacement != nullptr && replacement->fitness == diagnose::Fitness::ask))
        return {};
    MDR_TRY_ASSIGN(const DeviceContent content, look_at(context.system, path));
    if (content.empty())
        return {};
    return fail(fmt::format("{} was blank when the plan was made and carries {} now: start the "
                            "recovery again",
                            path, words(content)));
}

} // namespace

Status check(Context &context, const plan::WriteTable &step) {
    const auto path = context.device({step.disk, 0});
    if (!path)
        return Status::blocked(path.error().message);
    const auto found = table_on(context, *path);
    const std::string difference =
        found ? difference_of(step.table, *found) : "it has no partition table";
    if (difference.empty()) {
        const std::string kernel = kernel_difference(context, step);
        return kernel.empty() ? Status::done() : Status::not_done(kernel);
    }
    if (const auto blank = confirm_blank(context, step.disk, *path); !blank)
        return Status::blocked(blank.error().message);
    return Status::not_done(difference);
}

Result<void> apply(Context &context, const plan::WriteTable &step) {
    // Safety rules 2 and 3: the disk consented to, nothing on it in use, and the recorded table.
    if (const Status status = check(context, step); status.kind != Status::Kind::not_done)
        return status.kind == Status::Kind::done ? Result<void>() : fail(status.reason);
    MDR_TRY(confirm_target(context, step.disk));
    MDR_TRY_ASSIGN(const std::string path, context.device({step.disk, 0}));
    MDR_TRY(confirm_unused(context.system, path));
    MDR_TRY(system::run_ok(context.system,
                           {.argv = plan::command(step, context.plan, context.machines()),
                            .input = plan::sfdisk_script(step.table, step.logical_sector)}));
    MDR_TRY(wait_for_kernel(context, step));
    if (const Status status = check(context, step); status.kind != Status::Kind::done)
        return fail(
            fmt::format("the partition table of {} was written, but {}", path, status.reason));
    return {};
}

} // namespace mdrescue::execute
