// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnose/assembly.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>

namespace mdrescue::diagnose {
namespace {

using model::Array;
using model::ArrayMember;
using model::Machine;

/// What a member believes of a slot; 'A' where it says nothing.
char belief(const ArrayMember &member, int slot) {
    const auto index = static_cast<std::size_t>(slot);
    return index < member.array_state.size() ? member.array_state[index] : 'A';
}

const ArrayMember *newest_of(const Array &array) {
    const ArrayMember *newest = nullptr;
    for (const ArrayMember &member : array.members)
        if (member.slot >= 0 && (newest == nullptr || member.events > newest->events))
            newest = &member;
    return newest;
}

/// Each says the other is gone, so both were written to alone. The event counts do not tell: they
/// may be equal (measured, FAULTS). A member that merely fell out still believes in the others.
bool written_apart(const ArrayMember &one, const ArrayMember &other) {
    return one.slot >= 0 && other.slot >= 0 && one.slot != other.slot &&
           belief(one, other.slot) == '.' && belief(other, one.slot) == '.';
}

bool split_brain(const Array &array) {
    for (const ArrayMember &one : array.members)
        for (const ArrayMember &other : array.members)
            if (written_apart(one, other))
                return true;
    return false;
}

/// A superblock at the end (0.90, 1.0) of a partition that ends where its disk does is found on the
/// disk too (mdadm: "appear to have very similar superblocks"). The partition is meant.
bool seen_again_on_whole_disk(const Array &array, const ArrayMember &member,
                              const Machine &observed) {
    const model::Disk *disk = model::find_disk(observed, member.device.disk);
    return member.device.partition == 0 && disk != nullptr && disk->table &&
           std::any_of(array.members.begin(), array.members.end(), [&](const ArrayMember &other) {
               return other.device.disk == member.device.disk && other.device.partition != 0;
           });
}

/// Why a member is not used; "" when it is. After md's own rules: an event count of one less than
/// the newest is still current (drivers/md/md.c, super_1_validate; mdadm, Assemble.c), unless the
/// newest has written it off.
std::string objection(const ArrayMember &member, const ArrayMember &newest) {
    if (member.slot == model::spare_slot || member.slot == model::journal_slot)
        return "";
    if (member.slot < 0)
        return "is marked faulty";
    if (member.events + 1 < newest.events || belief(newest, member.slot) == '.')
        return "is out of date: the array went on without it";
    return "";
}

/// Two devices in one slot are only right while one replaces the other (md(4), "replacement").
bool duplicate(const Array &usable, const ArrayMember &newest) {
    std::set<int> slots;
    std::set<std::string> devices;
    for (const ArrayMember &member : usable.members) {
        if (!member.device_uuid.empty() && !devices.insert(member.device_uuid).second)
            return true;
        if (member.slot >= 0 && !slots.insert(member.slot).second &&
            belief(newest, member.slot) != 'R')
            return true;
    }
    return false;
}

bool has_journal(const Array &usable) {
    return std::any_of(usable.members.begin(), usable.members.end(), [](const ArrayMember &member) {
        return member.slot == model::journal_slot;
    });
}

/// The journal of a RAID-4/5/6 closes the write hole, so md starts such an array (md(4),
/// "journal").
bool dirty_degraded(const Array &usable, const ArrayMember &newest) {
    const bool has_parity = usable.level == 4 || usable.level == 5 || usable.level == 6;
    return has_parity && !newest.clean && !has_journal(usable) && model::degraded(usable);
}

/// Under the recorded name, but a name is raw bytes from a superblock, and it becomes a file name.
std::string node_name(const Array &recorded) {
    const auto harmless = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '.';
    };
    if (!recorded.name.empty() && recorded.name.size() <= 32 && recorded.name.front() != '.' &&
        recorded.name.front() != '-' &&
        std::all_of(recorded.name.begin(), recorded.name.end(), harmless))
        return "/dev/md/" + recorded.name;
    if (recorded.name.empty() && recorded.preferred_minor)
        return fmt::format("/dev/md{}", *recorded.preferred_minor);
    return "/dev/md/array-" + recorded.uuid.substr(0, 8);
}

/// The observed array with only those members that may be used, as if it were not running.
Array usable_part(const Array &array, const ArrayMember &newest, const Machine &observed,
                  std::vector<LeftOut> &left_out) {
    Array usable = array;
    usable.kernel_name.clear();
    usable.slots_up.clear();
    usable.members.clear();
    for (const ArrayMember &member : array.members) {
        if (seen_again_on_whole_disk(array, member, observed))
            continue;
        if (const std::string reason = objection(member, newest); !reason.empty())
            left_out.push_back({member.device, reason});
        else
            usable.members.push_back(member);
    }
    return usable;
}

std::size_t active_members(const Array &array) {
    std::set<int> slots;
    for (const ArrayMember &member : array.members)
        if (member.slot >= 0 && !member.recovery_offset)
            slots.insert(member.slot);
    return slots.size();
}

/// Only an array that nothing has been written through yet may be stopped to take in a member that
/// turned up late; the kernel refuses to stop a mounted one.
Verdict verdict_of_running(const Array &running, const Array &usable) {
    const bool untouched =
        running.running_state == "readonly" || running.running_state == "read-auto";
    const auto up = static_cast<std::size_t>(
        std::count(running.slots_up.begin(), running.slots_up.end(), true));
    return untouched && active_members(usable) > up ? Verdict::restart : Verdict::running;
}

Verdict verdict_of(const Array &found, const Array &usable, const ArrayMember &newest) {
    if (split_brain(found))
        return Verdict::split_brain;
    if (duplicate(usable, newest))
        return Verdict::duplicate;
    if (found.reshaping)
        return Verdict::reshaping;
    if (model::redundancy_left(usable) < 0)
        return Verdict::too_few;
    if (found.journal && !has_journal(usable))
        return Verdict::journal_lost;
    if (dirty_degraded(usable, newest))
        return Verdict::dirty_degraded;
    return Verdict::start;
}

Assembly decide_one(const Array &recorded, const Machine &observed) {
    Assembly assembly{recorded.uuid, Verdict::absent, node_name(recorded), {}, {}, ""};
    const Array *found = model::find_array(observed, recorded.uuid);
    if (found == nullptr)
        return assembly;
    const ArrayMember *newest = newest_of(*found);
    if (newest == nullptr) {
        assembly.verdict = found->kernel_name.empty() ? Verdict::too_few : Verdict::running;
        return assembly;
    }
    const Array usable = usable_part(*found, *newest, observed, assembly.left_out);
    for (const ArrayMember &member : usable.members)
        assembly.members.push_back(member.device);
    assembly.verdict = verdict_of(*found, usable, *newest);
    if (!found->kernel_name.empty())
        assembly.verdict = assembly.verdict == Verdict::start ? verdict_of_running(*found, usable)
                                                              : Verdict::running;
    return assembly;
}

/// Different arrays may carry the same name; the later one is told apart by its UUID.
void make_nodes_unique(std::vector<Assembly> &assemblies) {
    std::set<std::string> nodes;
    for (Assembly &assembly : assemblies)
        if (!nodes.insert(assembly.node).second) {
            assembly.node = "/dev/md/array-" + assembly.uuid.substr(0, 8);
            nodes.insert(assembly.node);
        }
}

} // namespace

std::vector<Assembly> decide_assembly(const Machine &recorded, const Machine &observed) {
    std::vector<Assembly> assemblies;
    for (const Array &array : recorded.arrays)
        assemblies.push_back(decide_one(array, observed));
    make_nodes_unique(assemblies);
    return assemblies;
}

} // namespace mdrescue::diagnose
