// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnose/diagnose.h"
#include "diagnose/identity.h"
#include "model/loss.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>

namespace mdrescue::diagnose {
namespace {

struct Pair {
    std::size_t recorded = 0;
    std::size_t observed = 0;
    Evidence evidence;
};

/// The name people know the array by.
std::string array_name(const model::Array &array) {
    return util::printable(!array.kernel_name.empty() ? array.kernel_name
                           : !array.name.empty()      ? array.name
                                                      : array.uuid);
}

/// All pairs that say anything, the best evidence first; ties in the machines' own orders, so that
/// the answer is always the same one.
std::vector<Pair> ranked_pairs(const std::vector<Identity> &recorded,
                               const std::vector<Identity> &observed) {
    std::vector<Pair> pairs;
    for (std::size_t r = 0; r < recorded.size(); ++r)
        for (std::size_t o = 0; o < observed.size(); ++o)
            if (const Evidence found = evidence(recorded[r], observed[o]); found.any())
                pairs.push_back({r, o, found});
    std::stable_sort(pairs.begin(), pairs.end(),
                     [](const Pair &a, const Pair &b) { return a.evidence > b.evidence; });
    return pairs;
}

/// Each recorded and each observed disk is used at most once.
std::vector<Pair> assigned(const std::vector<Pair> &ranked) {
    std::vector<Pair> taken;
    for (const Pair &pair : ranked) {
        const bool used = std::any_of(taken.begin(), taken.end(), [&](const Pair &other) {
            return other.recorded == pair.recorded || other.observed == pair.observed;
        });
        if (!used)
            taken.push_back(pair);
    }
    return taken;
}

/// "member of md0 in slot 1 and md1 in slot 2": the recorded roles that the observed disk holds.
std::string member_reason(const model::Machine &recorded, const model::Disk &disk,
                          const Identity &observed) {
    std::string roles;
    for (const auto &array : recorded.arrays)
        for (const auto &member : array.members) {
            if (member.device.disk != disk.id)
                continue;
            const bool here =
                shares(observed.members, {array.uuid + "/" + member.device_uuid}) ||
                shares(observed.slots, {fmt::format("{}/{}", array.uuid, member.slot)});
            if (here)
                roles +=
                    fmt::format("{}{}{}", roles.empty() ? "member of " : " and ", array_name(array),
                                member.slot >= 0 ? fmt::format(" in slot {}", member.slot) : "");
        }
    return roles;
}

std::string reason(const model::Machine &recorded, const model::Disk &disk, const Identity &known,
                   const Identity &observed) {
    if (const auto roles = member_reason(recorded, disk, observed); !roles.empty())
        return roles;
    if (shares(known.table, observed.table))
        return "partition table";
    if (shares(known.contents, observed.contents))
        return "filesystem UUID";
    return shares(known.serial, observed.serial) ? "serial" : "WWN";
}

/// Whether a second disk is the same one to the machine: its content says as much, or both claim a
/// slot that only one can have (the disk that was replaced, beside the one that took its place).
bool same_identity(const Evidence &taken, const Evidence &other) {
    return (other.members == taken.members && other.content == taken.content) ||
           (other.slots > 0 && taken.slots > 0);
}

/// The disk taken and the others with its identity.
Duplicate duplicate_of(const Pair &taken, const std::vector<Pair> &ranked,
                       const model::Machine &recorded, const model::Machine &observed,
                       const std::vector<Pair> &all_taken) {
    Duplicate found{recorded.disks[taken.recorded].id, {}};
    if (!taken.evidence.by_content())
        return found;
    for (const Pair &pair : ranked) {
        const bool answers_elsewhere =
            std::any_of(all_taken.begin(), all_taken.end(), [&](const Pair &other) {
                return other.observed == pair.observed && other.recorded != taken.recorded;
            });
        if (pair.recorded == taken.recorded && !answers_elsewhere &&
            same_identity(taken.evidence, pair.evidence))
            found.observed.push_back(observed.disks[pair.observed].id);
    }
    return found;
}

void compare_disks(const model::Machine &recorded, const model::Machine &observed,
                   Comparison &comparison) {
    const auto known = distinct_identities(recorded);
    const auto seen = observed_identities(observed);
    const auto ranked = ranked_pairs(known, seen);
    const auto taken = assigned(ranked);
    std::vector<bool> answers(observed.disks.size(), false);
    for (std::size_t r = 0; r < recorded.disks.size(); ++r) {
        DiskMatch match{recorded.disks[r].id, std::nullopt, "", false};
        const auto found = std::find_if(taken.begin(), taken.end(),
                                        [&](const Pair &pair) { return pair.recorded == r; });
        if (found != taken.end()) {
            const Identity &there = seen[found->observed];
            answers[found->observed] = true;
            match.observed = observed.disks[found->observed].id;
            match.reason = reason(recorded, recorded.disks[r], known[r], there);
            match.other_hardware = hardware_differs(known[r], there);
            auto duplicate = duplicate_of(*found, ranked, recorded, observed, taken);
            if (duplicate.observed.size() > 1)
                comparison.duplicates.push_back(std::move(duplicate));
        }
        if (match.observed || model::is_missed(recorded, recorded.disks[r]))
            comparison.disks.push_back(std::move(match));
    }
    for (std::size_t o = 0; o < answers.size(); ++o)
        if (!answers[o])
            comparison.new_disks.push_back(observed.disks[o].id);
}

bool has_live_member(const model::Array &array) {
    return model::slot_map(array).find('U') != std::string::npos;
}

ArrayMatch compare_array(const model::Array &recorded, const model::Array *observed) {
    if (observed == nullptr)
        return {recorded.uuid, false, "[" + std::string(recorded.slots, '_') + "]", true, -1};
    return {recorded.uuid, true, model::slot_map(*observed), model::degraded(*observed),
            model::redundancy_left(*observed)};
}

void compare_arrays(const model::Machine &recorded, const model::Machine &observed,
                    Comparison &comparison) {
    bool live = false;
    for (const auto &array : recorded.arrays) {
        const model::Array *found = model::find_array(observed, array.uuid);
        live = live || (found != nullptr && has_live_member(*found));
        comparison.arrays.push_back(compare_array(array, found));
    }
    for (const auto &array : observed.arrays)
        if (model::find_array(recorded, array.uuid) == nullptr)
            comparison.foreign_arrays.push_back(array.uuid);
    comparison.match = live                                 ? MachineMatch::same
                       : !comparison.foreign_arrays.empty() ? MachineMatch::other
                                                            : MachineMatch::unknown;
}

} // namespace

Comparison compare(const model::Profile &recorded, const model::Machine &observed) {
    Comparison comparison;
    compare_disks(recorded.machine, observed, comparison);
    compare_arrays(recorded.machine, observed, comparison);
    return comparison;
}

} // namespace mdrescue::diagnose
