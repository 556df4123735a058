// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/machine.h"

#include <string>
#include <vector>

/// Which recorded arrays are started from which members, read-only. Deciding is a pure function;
/// nothing but recorded arrays is ever touched.
namespace mdrescue::diagnose {

enum class Verdict {
    start,          ///< from `members`
    restart,        ///< runs read-only with fewer members than there are now: stop, then start
    running,        ///< already, as well as it can
    absent,         ///< no member here
    too_few,        ///< fewer live members than the level needs
    dirty_degraded, ///< md would have to guess data (FAULTS 18): only after a typed answer
    split_brain,    ///< two halves were both written to alone
    duplicate,      ///< two members claim the same slot
    reshaping,      ///< its shape was being changed
    journal_lost,   ///< md does not start it without its write journal (md(4), "journal")
};

struct LeftOut {
    model::DeviceRef device;
    std::string reason; ///< "is out of date", …
    bool operator==(const LeftOut &) const = default;
};

struct Assembly {
    std::string uuid;
    Verdict verdict = Verdict::absent;
    std::string node;                      ///< "/dev/md/root", "/dev/md1"
    std::vector<model::DeviceRef> members; ///< in the observed machine; by slot, spares last
    std::vector<LeftOut> left_out;         ///< members found that are not to be used
    std::string error;                     ///< why it could not be started; "" otherwise
};

/// One for each recorded array, in the profile's order.
[[nodiscard]] std::vector<Assembly> decide_assembly(const model::Machine &recorded,
                                                    const model::Machine &observed);

} // namespace mdrescue::diagnose
