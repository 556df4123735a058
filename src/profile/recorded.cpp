// SPDX-License-Identifier: GPL-3.0-or-later
#include "profile/recorded.h"

namespace mdrescue::profile {

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

} // namespace mdrescue::profile
