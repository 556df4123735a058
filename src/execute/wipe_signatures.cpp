// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/steps.h"

#include "execute/device_content.h"
#include "execute/own_output.h"

#include <fmt/format.h>

namespace mdrescue::execute {
namespace {

using util::fail;
using util::Result;

/// A partition of the step that carries something this plan has not put there.
struct Foreign {
    unsigned partition = 0;
    std::string path;
    DeviceContent content;
};

Result<std::vector<Foreign>> foreign_contents(Context &context, const plan::WipeSignatures &step) {
    std::vector<Foreign> list;
    for (const unsigned partition : step.partitions) {
        MDR_TRY_ASSIGN(std::string path, context.device({step.disk, partition}));
        MDR_TRY_ASSIGN(DeviceContent content, look_at(context.system, path));
        if (!content.empty() && !own_output(context.plan, {step.disk, partition}, content))
            list.push_back({partition, std::move(path), std::move(content)});
    }
    return list;
}

/// blkid does not know every md superblock that the kernel or mdadm might still take.
Result<void> zero_superblocks(Context &context, const std::string &path) {
    MDR_TRY_ASSIGN(const DeviceContent content, look_at(context.system, path));
    for (const probe::SuperblockPlace &place : content.magic)
        MDR_TRY(context.system.write_device(path, place.sector * 512,
                                            std::string(probe::md_superblock_size, '\0'),
                                            system::Claim::exclusive));
    return {};
}

} // namespace

Status check(Context &context, const plan::WipeSignatures &step) {
    const auto foreign = foreign_contents(context, step);
    if (!foreign)
        return Status::blocked(foreign.error().message);
    if (foreign->empty())
        return Status::done();
    return Status::not_done(
        fmt::format("{} carries {}", foreign->front().path, words(foreign->front().content)));
}

Result<void> apply(Context &context, const plan::WipeSignatures &step) {
    // Safety rule 2: only partitions of the disk consented to, not in use, and what the plan itself
    // has put there stays.
    MDR_TRY_ASSIGN(const std::vector<Foreign> foreign, foreign_contents(context, step));
    if (foreign.empty())
        return {};
    MDR_TRY(confirm_target(context, step.disk));
    plan::WipeSignatures these{step.disk, {}};
    for (const Foreign &one : foreign) {
        MDR_TRY(confirm_unused(context.system, one.path));
        these.partitions.push_back(one.partition);
    }
    MDR_TRY(system::run_ok(context.system,
                           {.argv = plan::command(these, context.plan, context.machines())}));
    for (const Foreign &one : foreign)
        MDR_TRY(zero_superblocks(context, one.path));
    const Status status = check(context, step);
    return status.kind == Status::Kind::done ? Result<void>() : fail(status.reason);
}

} // namespace mdrescue::execute
