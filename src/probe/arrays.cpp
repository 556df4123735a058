// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/arrays.h"

#include "probe/disks.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <tuple>

namespace mdrescue::probe {
namespace {

using Kind = BlockDevice::Kind;
using model::Array;
using model::ArrayMember;

std::string fact_name(const std::string &device, const SuperblockPlace &place) {
    return fmt::format("superblock/{}/{}", device, place.version);
}

void collect_from(Collector &collector, const std::string &device, std::uint64_t sectors) {
    for (const SuperblockPlace &place : superblock_places(sectors)) {
        auto bytes = collector.device_bytes(device, place.sector * 512, md_superblock_size);
        if (!bytes || !looks_like_superblock(*bytes, place.version))
            continue;
        const auto superblock = parse_superblock(*bytes, place);
        collector.keep(fact_name(device, place), std::move(*bytes));
        if (!superblock || !superblock->bad_block_log)
            continue;
        const BadBlockLog &log = *superblock->bad_block_log;
        if (auto entries = collector.device_bytes(device, log.sector * 512, log.size * 512))
            collector.keep("bad-blocks/" + device, std::move(*entries));
    }
}

/// Does a partition reach over this sector (of 512 bytes)?
bool inside_partition(const BlockDevice &disk, std::uint64_t sector) {
    return std::any_of(
        disk.partitions.begin(), disk.partitions.end(), [&](const KernelPartition &partition) {
            return partition.start <= sector && sector - partition.start < partition.size;
        });
}

struct Candidate {
    std::string device;
    std::uint64_t sectors = 0;
    const BlockDevice *whole_disk = nullptr; ///< set where the device is a disk with partitions
};

/// Where several superblocks are sound (an array was made anew with another metadata version) the
/// newest array counts, as for mdadm (guess_super).
void read_from(Observation &observation, const Candidate &candidate) {
    std::optional<MdSuperblock> best;
    for (const SuperblockPlace &place : superblock_places(candidate.sectors)) {
        const std::string *bytes = observation.facts.find(fact_name(candidate.device, place));
        if (bytes == nullptr)
            continue;
        // 0.90 does not say where it begins: that of the last partition lies at the same place as
        // the disk's own would.
        if (candidate.whole_disk != nullptr &&
            inside_partition(*candidate.whole_disk, place.sector))
            continue;
        auto superblock = parse_superblock(*bytes, place);
        if (!superblock) {
            observation.warn(fmt::format("{}: md superblock {}: {}", candidate.device,
                                         place.version, superblock.error().message));
            continue;
        }
        if (best)
            observation.warn(
                fmt::format("{}: two md superblocks, {} and {}; the newer array counts",
                            candidate.device, best->array.metadata, place.version));
        if (!best || superblock->created > best->created)
            best = std::move(*superblock);
    }
    const std::string *log = observation.facts.find("bad-blocks/" + candidate.device);
    if (!best)
        return;
    best->member.bad_blocks = log != nullptr && has_bad_block(*log);
    observation.superblocks[candidate.device] = std::move(*best);
}

// --- arrays made of superblocks ---

/// Slots in order, then spares, then the rest.
std::tuple<bool, int, model::DeviceRef> member_order(const ArrayMember &member) {
    return {member.slot < 0, member.slot < 0 ? -member.slot : member.slot, member.device};
}

std::vector<Array> arrays_of_members(Observation &observation) {
    std::map<std::string, Array> arrays;
    std::map<std::string, std::uint64_t> newest;
    for (const auto &[device, superblock] : observation.superblocks) {
        const auto reference = observation.references.find(device);
        if (reference == observation.references.end())
            continue;
        Array &array = arrays[superblock.array.uuid];
        // Each member tells of the array as it last knew it: the one written last is right.
        if (array.members.empty() || superblock.member.events > newest[superblock.array.uuid]) {
            auto members = std::move(array.members);
            array = superblock.array;
            array.members = std::move(members);
            newest[array.uuid] = superblock.member.events;
        }
        array.members.push_back(superblock.member);
        array.members.back().device = reference->second;
    }
    std::vector<Array> list;
    for (auto &[uuid, array] : arrays) {
        std::sort(array.members.begin(), array.members.end(),
                  [](const auto &left, const auto &right) {
                      return member_order(left) < member_order(right);
                  });
        list.push_back(std::move(array));
    }
    return list;
}

// --- what runs ---

/// sysfs md/dev-…: Documentation/admin-guide/md.rst
struct RunningMember {
    std::string device;
    std::optional<std::uint64_t> slot;
    bool in_sync = false;
    bool bad_blocks = false;
};

struct RunningArray {
    std::string name, state, sync_action, metadata;
    std::vector<RunningMember> members;
};

RunningMember read_running_member(FactReader &facts, const std::string &fact,
                                  const std::string &device) {
    RunningMember member;
    member.device = device;
    member.slot = facts.number(fact + "/slot");
    const std::string state = facts.text(fact + "/state");
    const auto words = util::split(state, ',');
    const auto says = [&](std::string_view word) {
        return std::find(words.begin(), words.end(), word) != words.end();
    };
    member.in_sync = says("in_sync") && !says("faulty");
    member.bad_blocks = !facts.text(fact + "/bad_blocks").empty();
    return member;
}

RunningArray read_running(FactReader &facts, const std::string &name) {
    const std::string fact = fmt::format("sysfs/{}/md", name);
    RunningArray running{name,
                         facts.text(fact + "/array_state"),
                         facts.text(fact + "/sync_action"),
                         facts.text(fact + "/metadata_version"),
                         {}};
    for (const std::string &entry : facts.children(fact))
        if (entry.starts_with("dev-"))
            running.members.push_back(
                read_running_member(facts, fmt::format("{}/{}", fact, entry), entry.substr(4)));
    return running;
}

Array *array_of(Observation &observation, std::vector<Array> &arrays, const RunningArray &running) {
    for (const RunningMember &member : running.members) {
        const auto superblock = observation.superblocks.find(member.device);
        if (superblock == observation.superblocks.end())
            continue;
        for (Array &array : arrays)
            if (array.uuid == superblock->second.array.uuid)
                return &array;
    }
    return nullptr;
}

void set_member_state(Observation &observation, const RunningArray &running, Array &array) {
    array.slots_up.assign(array.slots, false);
    for (const RunningMember &member : running.members) {
        if (member.slot && *member.slot < array.slots && member.in_sync)
            array.slots_up[*member.slot] = true;
        const auto reference = observation.references.find(member.device);
        for (ArrayMember &recorded : array.members)
            if (reference != observation.references.end() && recorded.device == reference->second)
                recorded.bad_blocks = recorded.bad_blocks || member.bad_blocks;
    }
}

void set_running(Observation &observation, const BlockDevice &device, const RunningArray &running,
                 Array &array) {
    array.running_state = running.state;
    if (running.state == "inactive") {
        observation.warn(fmt::format("{} is assembled from members of array {} but does not run",
                                     device.name, array.uuid));
        return;
    }
    array.kernel_name = device.name;
    array.sync_action = running.sync_action;
    array.size = device.size * 512;
    set_member_state(observation, running, array);
    array.content = observation.contents[device.name];
    if (observation.tables.contains(device.name))
        array.table = table_with_contents(observation, device);
}

} // namespace

void collect_superblocks(Collector &collector, const std::vector<BlockDevice> &devices) {
    for (const BlockDevice &device : devices) {
        if (device.kind != Kind::disk)
            continue;
        collect_from(collector, device.name, device.size);
        for (const KernelPartition &partition : device.partitions)
            collect_from(collector, partition.name, partition.size);
    }
}

void read_superblocks(Observation &observation) {
    for (const BlockDevice &device : observation.devices) {
        if (device.kind != Kind::disk)
            continue;
        read_from(observation,
                  {device.name, device.size, device.partitions.empty() ? nullptr : &device});
        for (const KernelPartition &partition : device.partitions)
            read_from(observation, {partition.name, partition.size, nullptr});
    }
}

std::vector<Array> read_arrays(Observation &observation) {
    auto arrays = arrays_of_members(observation);
    for (const BlockDevice &device : observation.devices) {
        if (device.kind != Kind::array)
            continue;
        const RunningArray running = read_running(observation.facts, device.name);
        if (Array *array = array_of(observation, arrays, running))
            set_running(observation, device, running, *array);
        else
            observation.warn(
                fmt::format("{} (metadata {}) has no member with a superblock that we understand",
                            device.name, util::printable(running.metadata)));
    }
    return arrays;
}

} // namespace mdrescue::probe
