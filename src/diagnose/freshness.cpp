// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnose/freshness.h"

#include "diagnose/findings.h"

#include <algorithm>
#include <fmt/format.h>

namespace mdrescue::diagnose {
namespace {

constexpr std::int64_t day = 86400; // in seconds

unsigned slots_up(const model::Array &array) {
    const std::string map = model::slot_map(array);
    return static_cast<unsigned>(std::count(map.begin(), map.end(), 'U'));
}

/// Either may be missing, not both. An array that was grown has more slots than were recorded.
ArrayState state_of(const model::Array *recorded, const model::Array *now) {
    const model::Array &named = now != nullptr ? *now : *recorded;
    const unsigned slots = named.slots;
    const unsigned up = now == nullptr ? 0 : slots_up(*now);
    return {named.uuid,  array_words(recorded != nullptr ? *recorded : named),
            named.level, recorded == nullptr ? 0 : recorded->slots,
            up,          slots - up};
}

std::string days_text(std::int64_t days) {
    return fmt::format("{} day{}", days, days == 1 ? "" : "s");
}

} // namespace

std::string_view difference_name(Difference::Kind kind) {
    const auto found = std::find_if(difference_names.begin(), difference_names.end(),
                                    [&](const auto &name) { return name.first == kind; });
    return found == difference_names.end() ? "" : found->second;
}

bool has(const Differences &differences, Difference::Kind kind) {
    return std::any_of(differences.begin(), differences.end(),
                       [&](const Difference &difference) { return difference.kind == kind; });
}

Comparison recognise(const model::Profile &recorded, const model::Machine &observed) {
    Comparison comparison = compare(recorded, observed);
    const bool without_arrays = recorded.machine.arrays.empty() && observed.arrays.empty();
    const bool disk_here =
        std::any_of(comparison.disks.begin(), comparison.disks.end(),
                    [](const DiskMatch &match) { return match.observed.has_value(); });
    if (without_arrays && disk_here)
        comparison.match = MachineMatch::same;
    return comparison;
}

std::optional<Difference> age_difference(std::int64_t made_at, std::int64_t now,
                                         unsigned max_days) {
    using Kind = Difference::Kind;
    if (made_at > now + day)
        return Difference{Kind::age, "It was made in the future by this computer's clock."};
    const std::int64_t days = (now - made_at) / day;
    if (days <= std::int64_t{max_days})
        return std::nullopt;
    return Difference{Kind::age, fmt::format("It was made {} ago; {} at most are wanted.",
                                             days_text(days), days_text(max_days))};
}

std::vector<ArrayState> array_states(const model::Machine *recorded,
                                     const model::Machine &observed) {
    std::vector<ArrayState> states;
    if (recorded != nullptr)
        for (const model::Array &array : recorded->arrays)
            states.push_back(state_of(&array, model::find_array(observed, array.uuid)));
    for (const model::Array &array : observed.arrays)
        if (recorded == nullptr || model::find_array(*recorded, array.uuid) == nullptr)
            states.push_back(state_of(nullptr, &array));
    return states;
}

} // namespace mdrescue::diagnose
