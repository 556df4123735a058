// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/steps.h"

#include "diagnose/marker.h"
#include "execute/proof.h"

#include <algorithm>
#include <fmt/format.h>

namespace mdrescue::execute {
namespace {

using diagnose::Fitness;
using diagnose::marker_size;
using util::fail;
using util::Result;

Fitness fitness_of(const Context &context, const std::string &recorded) {
    const plan::Replacement *replacement = plan::replacement_of(context.plan, recorded);
    return replacement == nullptr ? Fitness::unfit : replacement->fitness;
}

/// A survivor whose name the kernel gave to the blank disk would show here: it has a table in its
/// first sector.
Status still_blank(Context &context, const plan::MarkDisk &step, const std::string &path) {
    constexpr std::uint64_t length = 1U << 20U;
    for (const std::uint64_t offset : {std::uint64_t{0}, step.offset}) {
        const auto bytes =
            context.system.read_at(path, offset, offset == 0 ? length : step.bytes.size());
        if (!bytes)
            return Status::blocked(bytes.error().message);
        if (bytes->empty() || bytes->find_first_not_of(bytes->front()) != std::string::npos)
            return Status::blocked(fmt::format(
                "{} was blank when the plan was made and is not any more: start the recovery again",
                path));
    }
    return Status::not_done();
}

} // namespace

Status check(Context &context, const plan::MarkDisk &step) {
    const auto path = context.device({step.disk, 0});
    if (!path)
        return Status::blocked(path.error().message);
    const auto bytes = context.system.read_at(*path, step.offset, step.bytes.size());
    if (!bytes)
        return Status::blocked(bytes.error().message);
    if (*bytes == step.bytes)
        return Status::done();
    switch (fitness_of(context, step.disk)) {
    case Fitness::blank: return still_blank(context, step, *path);
    case Fitness::ask: return Status::not_done(); // what is on it was shown and its serial typed
    case Fitness::resumed:
        return Status::blocked(
            fmt::format("the start marker seen on {} is gone: start the recovery again", *path));
    case Fitness::unfit: break;
    }
    return Status::blocked(fmt::format("{} is no replacement", *path));
}

Result<void> apply(Context &context, const plan::MarkDisk &step) {
    // Safety rule 2: only the disk that was consented to, and blank where it was called blank.
    if (const Status status = check(context, step); status.kind != Status::Kind::not_done)
        return status.kind == Status::Kind::done ? Result<void>() : fail(status.reason);
    MDR_TRY(confirm_replacement(context, step.disk));
    MDR_TRY_ASSIGN(const std::string path, context.device({step.disk, 0}));
    return context.system.write_device(path, step.offset, step.bytes, system::Claim::exclusive);
}

Status check(Context &context, const plan::UnmarkDisk &step) {
    const auto path = context.device({step.disk, 0});
    if (!path)
        return Status::blocked(path.error().message);
    const auto bytes = context.system.read_at(*path, step.offset, marker_size);
    if (!bytes)
        return Status::blocked(bytes.error().message);
    return diagnose::marked_disk(context.profile, *bytes) == step.disk ? Status::not_done()
                                                                       : Status::done();
}

Result<void> apply(Context &context, const plan::UnmarkDisk &step) {
    // Safety rule 2: only over the marker itself. Members on the disk are in use by now.
    if (check(context, step).kind == Status::Kind::done)
        return {};
    MDR_TRY(confirm_target(context, step.disk));
    // Without the mark the disk is one of the machine's own, and is not restored again. A later
    // step may have changed what an earlier one had proven.
    for (const Proof &proof : prove_disk(context, step.disk))
        if (!proof.proven)
            return fail(proof.sentence);
    MDR_TRY_ASSIGN(const std::string path, context.device({step.disk, 0}));
    return context.system.write_device(path, step.offset, std::string(marker_size, '\0'),
                                       system::Claim::shared);
}

} // namespace mdrescue::execute
