// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/describe.h"

namespace mdrescue::plan {

std::string device(const Plan &plan, const Machines &machines, const model::DeviceRef &recorded) {
    const auto observed = plan.disks.find(recorded.disk);
    if (observed == plan.disks.end())
        return {};
    const model::Disk *disk = model::find_disk(machines.observed, observed->second);
    return disk == nullptr ? std::string() : model::device_path(*disk, recorded.partition);
}

std::string array_device(const model::Machine &observed, const std::string &uuid) {
    const model::Array *found = model::find_array(observed, uuid);
    if (found == nullptr || found->kernel_name.empty())
        return {};
    return "/dev/" + found->kernel_name;
}

} // namespace mdrescue::plan
