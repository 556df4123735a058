// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/context.h"

#include "diagnose/findings.h"
#include "probe/disks.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>

namespace mdrescue::execute {
namespace {

using model::Disk;
using util::fail;
using util::Result;

constexpr const char *start_again = "Nothing more was written. Start the recovery again.";

/// The disks as sysfs tells of them now: what probe::interpret makes of the same facts, without
/// reading from any disk.
std::vector<Disk> present_disks(system::System &system) {
    probe::Collector collector(system);
    probe::collect_block_devices(collector);
    probe::Observation observation(collector.facts());
    observation.devices = probe::read_block_devices(observation.facts);
    return probe::read_disks(observation);
}

bool same_hardware(const Disk &one, const Disk &other) {
    return one.size == other.size && one.logical_sector == other.logical_sector &&
           one.model == other.model && one.serial == other.serial && one.wwn == other.wwn &&
           one.position == other.position;
}

/// What a disk must be called where it is not known any more.
std::string name_of(const Context &context, const std::string &recorded) {
    const Disk *disk = model::find_disk(context.profile.machine, recorded);
    return disk == nullptr ? util::printable(recorded) : diagnose::disk_words(*disk);
}

const plan::MarkDisk *mark_of(const Context &context, const std::string &recorded) {
    for (const plan::Step &step : context.plan.steps)
        if (const auto *mark = std::get_if<plan::MarkDisk>(&step);
            mark != nullptr && mark->disk == recorded)
            return mark;
    return nullptr;
}

} // namespace

Result<const Disk *> Context::disk(const std::string &recorded) const {
    const auto id = plan.disks.find(recorded);
    const Disk *found = id == plan.disks.end() ? nullptr : model::find_disk(observed, id->second);
    if (found == nullptr)
        return fail(fmt::format("no disk here stands for {}", name_of(*this, recorded)),
                    "Start the recovery again.");
    return found;
}

Result<std::string> Context::device(const model::DeviceRef &recorded) const {
    MDR_TRY_ASSIGN(const Disk *found, disk(recorded.disk));
    return model::device_path(*found, recorded.partition);
}

Result<std::string> Context::array(const std::string &uuid) const {
    std::string device = plan::array_device(observed, uuid);
    if (!device.empty())
        return device;
    std::string name = util::printable(uuid);
    for (const model::Array &recorded : profile.machine.arrays)
        if (recorded.uuid == uuid)
            name = diagnose::array_words(recorded);
    return fail(fmt::format("array {} does not run", name));
}

Result<void> look_again(Context &context) {
    MDR_TRY_ASSIGN(model::Machine now, context.observe());
    for (const auto &[recorded, id] : context.plan.disks) {
        const Disk *before = model::find_disk(context.observed, id);
        const Disk *after = model::find_disk(now, id);
        if (before != nullptr && (after == nullptr || !same_hardware(*before, *after)))
            return fail("the disks of this machine changed while it was worked on", start_again);
    }
    context.observed = std::move(now);
    return {};
}

Result<void> confirm_disk(Context &context, const std::string &recorded_disk) {
    MDR_TRY_ASSIGN(const Disk *meant, context.disk(recorded_disk));
    return confirm_same(context.system, *meant);
}

Result<void> confirm_same(system::System &system, const Disk &meant) {
    for (const Disk &present : present_disks(system))
        if (present.kernel_name == meant.kernel_name)
            return same_hardware(meant, present)
                       ? Result<void>()
                       : fail(fmt::format("/dev/{} is another disk now: {} instead of {}",
                                          util::printable(present.kernel_name),
                                          diagnose::disk_words(present),
                                          diagnose::disk_words(meant)),
                              start_again);
    return fail(fmt::format("/dev/{} is not here any more", util::printable(meant.kernel_name)),
                start_again);
}

Result<void> confirm_replacement(Context &context, const std::string &recorded_disk) {
    const plan::Replacement *replacement = plan::replacement_of(context.plan, recorded_disk);
    MDR_TRY_ASSIGN(const Disk *meant, context.disk(recorded_disk));
    if (replacement == nullptr || replacement->observed != meant->id)
        return fail(fmt::format("/dev/{} is no replacement: it must not be written to",
                                util::printable(meant->kernel_name)));
    if (meant->read_only)
        return fail(fmt::format("/dev/{} is read-only", util::printable(meant->kernel_name)));
    return confirm_disk(context, recorded_disk);
}

Result<void> confirm_target(Context &context, const std::string &recorded_disk) {
    MDR_TRY(confirm_replacement(context, recorded_disk));
    const plan::MarkDisk *mark = mark_of(context, recorded_disk);
    if (mark == nullptr)
        return {};
    MDR_TRY_ASSIGN(const std::string path, context.device({recorded_disk, 0}));
    MDR_TRY_ASSIGN(const std::string bytes,
                   context.system.read_at(path, mark->offset, mark->bytes.size()));
    if (bytes != mark->bytes)
        return fail(fmt::format("the start marker is not on {} any more", path), start_again);
    return {};
}

} // namespace mdrescue::execute
