// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/describe.h"

#include <algorithm>

namespace mdrescue::plan {

std::string device(const Plan &plan, const Machines &machines, const model::DeviceRef &recorded) {
    const auto observed = plan.disks.find(recorded.disk);
    if (observed == plan.disks.end())
        return {};
    const model::Disk *disk = model::find_disk(machines.observed, observed->second);
    return disk == nullptr ? std::string() : model::device_path(*disk, recorded.partition);
}

std::string array_device(const model::Machine &observed, const std::string &uuid) {
    const auto found = std::find_if(observed.arrays.begin(), observed.arrays.end(),
                                    [&](const model::Array &array) { return array.uuid == uuid; });
    if (found == observed.arrays.end() || found->kernel_name.empty())
        return {};
    return "/dev/" + found->kernel_name;
}

} // namespace mdrescue::plan
