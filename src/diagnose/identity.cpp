// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnose/identity.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>

namespace mdrescue::diagnose {
namespace {

using Keys = std::vector<std::string>;

constexpr std::array all_keys{&Identity::members,  &Identity::slots,  &Identity::table,
                              &Identity::contents, &Identity::serial, &Identity::wwn};
constexpr std::array hardware_keys{&Identity::serial, &Identity::wwn};

/// An MBR without an id has zeros there; that identifies nothing.
bool blank_id(const std::string &id) { return id.find_first_not_of("0x-") == std::string::npos; }

void add(Keys &keys, std::string key) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end())
        keys.push_back(std::move(key));
}

void add_content(Identity &identity, const model::Content &content) {
    if (!content.uuid.empty() && content.kind != model::Content::Kind::md_member)
        add(identity.contents, content.type + "/" + content.uuid);
}

void add_table(Identity &identity, const model::PartitionTable &table) {
    if (!blank_id(table.id))
        add(identity.table, table.id);
    for (const auto &partition : table.partitions) {
        if (!blank_id(partition.uuid))
            add(identity.table, partition.uuid);
        add_content(identity, partition.content);
    }
}

Identity identity_of(const model::Disk &disk) {
    Identity identity;
    add_content(identity, disk.content);
    if (disk.table)
        add_table(identity, *disk.table);
    if (!disk.serial.empty())
        identity.serial.push_back(disk.model + "/" + disk.serial);
    if (!disk.wwn.empty())
        identity.wwn.push_back(disk.wwn);
    return identity;
}

void add_members(const model::Machine &machine, std::vector<Identity> &identities) {
    for (const auto &array : machine.arrays)
        for (const auto &member : array.members)
            for (std::size_t i = 0; i < machine.disks.size(); ++i) {
                if (machine.disks[i].id != member.device.disk)
                    continue;
                if (!member.device_uuid.empty())
                    add(identities[i].members, array.uuid + "/" + member.device_uuid);
                if (member.slot >= 0)
                    add(identities[i].slots, fmt::format("{}/{}", array.uuid, member.slot));
            }
}

std::vector<Identity> identities_of(const model::Machine &machine) {
    std::vector<Identity> identities;
    for (const auto &disk : machine.disks)
        identities.push_back(identity_of(disk));
    add_members(machine, identities);
    return identities;
}

/// Drops the keys of one kind that more than one disk has.
void drop_shared(std::vector<Identity> &identities, Keys Identity::*kind) {
    std::map<std::string, unsigned> count;
    for (const auto &identity : identities)
        for (const auto &key : identity.*kind)
            ++count[key];
    for (auto &identity : identities)
        std::erase_if(identity.*kind, [&](const std::string &key) { return count[key] > 1; });
}

unsigned shared_count(const Keys &one, const Keys &other) {
    return static_cast<unsigned>(std::count_if(one.begin(), one.end(), [&](const std::string &key) {
        return std::find(other.begin(), other.end(), key) != other.end();
    }));
}

unsigned one_if(bool yes) { return yes ? 1 : 0; }

} // namespace

bool shares(const Keys &one, const Keys &other) { return shared_count(one, other) > 0; }

std::vector<Identity> distinct_identities(const model::Machine &machine) {
    auto identities = identities_of(machine);
    for (const auto kind : all_keys)
        drop_shared(identities, kind);
    return identities;
}

std::vector<Identity> observed_identities(const model::Machine &machine) {
    auto identities = identities_of(machine);
    for (const auto kind : hardware_keys)
        drop_shared(identities, kind);
    return identities;
}

Evidence evidence(const Identity &recorded, const Identity &observed) {
    Evidence found;
    const bool table = shares(recorded.table, observed.table);
    found.members = shared_count(recorded.members, observed.members);
    // Each kind counts once: a copied GPT agrees in many GUIDs, and that says no more than one.
    found.slots = one_if(shares(recorded.slots, observed.slots));
    found.content =
        found.slots + one_if(table) + one_if(shares(recorded.contents, observed.contents));
    found.hardware = one_if(shares(recorded.serial, observed.serial)) +
                     one_if(shares(recorded.wwn, observed.wwn));
    found.table = one_if(table);
    return found;
}

bool hardware_differs(const Identity &recorded, const Identity &observed) {
    const bool serials = !recorded.serial.empty() && !observed.serial.empty();
    const bool wwns = !recorded.wwn.empty() && !observed.wwn.empty();
    return (serials || wwns) && !shares(recorded.serial, observed.serial) &&
           !shares(recorded.wwn, observed.wwn);
}

} // namespace mdrescue::diagnose
