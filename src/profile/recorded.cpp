// SPDX-License-Identifier: GPL-3.0-or-later
#include "profile/recorded.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <string>

namespace mdrescue::profile {
namespace {

/// Their shapes, as text: with other ones a recovery by the old record would be refused.
std::set<std::string> arrays_of(const model::Machine &machine) {
    std::set<std::string> shapes;
    for (const model::Array &array : machine.arrays)
        shapes.insert(
            fmt::format("{} {} {} {}", array.uuid, array.level, array.slots, array.component_size));
    return shapes;
}

std::set<std::string> tables_of(const model::Machine &machine) {
    std::set<std::string> ids;
    for (const model::Disk &disk : machine.disks)
        if (disk.table)
            ids.insert(disk.table->id);
    return ids;
}

} // namespace

model::Machine recorded(model::Machine observed) {
    for (auto &array : observed.arrays) {
        array.running_state.clear();
        array.sync_action.clear();
        for (auto &member : array.members) {
            member.events = 0;
            member.clean = true;
        }
    }
    return observed;
}

bool is_whole_record_of(const model::Profile &before, const model::Profile &now) {
    const auto then = tables_of(before.machine);
    const auto here = tables_of(now.machine);
    return !before.degraded && before.machine.machine_id == now.machine.machine_id &&
           arrays_of(before.machine) == arrays_of(now.machine) &&
           std::includes(then.begin(), then.end(), here.begin(), here.end());
}

} // namespace mdrescue::profile
