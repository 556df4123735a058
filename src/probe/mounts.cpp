// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/mounts.h"

#include "etc/fstab.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>

namespace mdrescue::probe {
namespace {

std::string joined_options(std::string_view first, std::string_view second) {
    std::vector<std::string_view> options;
    for (const std::string_view list : {first, second})
        for (const std::string_view option : util::split(list, ','))
            if (!option.empty() &&
                std::find(options.begin(), options.end(), option) == options.end())
                options.push_back(option);
    return fmt::format("{}", fmt::join(options, ","));
}

std::optional<MountLine> parse_mount(std::string_view line) {
    // 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
    constexpr std::size_t numbers = 2, root = 3, target = 4, options = 5, optional_fields = 6;
    const auto fields = util::split_words(line);
    const auto dash =
        std::find(fields.begin() + std::min<std::ptrdiff_t>(optional_fields, std::ssize(fields)),
                  fields.end(), "-");
    if (fields.end() - dash < 3)
        return std::nullopt;
    return MountLine{
        std::string(fields[numbers]),
        etc::decode_octal(fields[root]),
        etc::decode_octal(fields[target]),
        std::string(dash[1]),
        etc::decode_octal(dash[2]),
        joined_options(fields[options], fields.end() - dash > 3 ? dash[3] : std::string_view())};
}

struct KnownDevice {
    std::string name, numbers, source;
};

std::vector<KnownDevice> known_devices(Observation &observation) {
    std::vector<KnownDevice> known;
    for (const BlockDevice &device : observation.devices) {
        const std::string mapper =
            observation.facts.text(fmt::format("sysfs/{}/dm/name", device.name));
        known.push_back({device.name, device.numbers,
                         mapper.empty() ? device_node(device.name) : "/dev/mapper/" + mapper});
        for (const KernelPartition &partition : device.partitions)
            known.push_back({partition.name, partition.numbers, device_node(partition.name)});
    }
    return known;
}

std::string uuid_on(const Observation &observation, const std::string &device) {
    const auto content = observation.contents.find(device);
    if (content == observation.contents.end())
        return {};
    return content->second.filesystem ? content->second.filesystem->uuid : content->second.uuid;
}

template <class Predicate>
const KnownDevice *find_device(const std::vector<KnownDevice> &known, Predicate matches) {
    const auto found = std::find_if(known.begin(), known.end(), matches);
    return found == known.end() ? nullptr : &*found;
}

/// Btrfs mounts carry device numbers of their own; there the source tells.
const KnownDevice *device_of(const std::vector<KnownDevice> &known, const MountLine &line) {
    const auto *device =
        find_device(known, [&](const auto &one) { return one.numbers == line.numbers; });
    return device != nullptr
               ? device
               : find_device(known, [&](const auto &one) { return one.source == line.source; });
}

void add_swaps(Observation &observation, const std::vector<KnownDevice> &known,
               std::vector<model::MountPoint> &mounts) {
    const std::string swaps = observation.facts.bytes("proc/swaps");
    for (const std::string_view line : util::split(swaps, '\n')) {
        const auto fields = util::split_words(line);
        if (fields.size() < 2 || fields[1] != "partition")
            continue;
        const std::string source = etc::decode_octal(fields[0]);
        const auto *device = find_device(known, [&](const auto &one) {
            return one.source == source || device_node(one.name) == source;
        });
        if (device != nullptr)
            mounts.push_back(
                {device->source, "none", "swap", "", uuid_on(observation, device->name)});
    }
}

} // namespace

void collect_mounts(Collector &collector) {
    collector.keep_file("proc/mountinfo", "/proc/self/mountinfo");
    collector.keep_file("proc/swaps", "/proc/swaps");
}

std::vector<MountLine> parse_mountinfo(std::string_view text) {
    std::vector<MountLine> lines;
    for (const std::string_view line : util::split(text, '\n'))
        if (auto mount = parse_mount(line))
            lines.push_back(std::move(*mount));
    return lines;
}

std::vector<model::MountPoint> read_mounts(Observation &observation) {
    const auto known = known_devices(observation);
    std::vector<model::MountPoint> mounts;
    for (const MountLine &line : parse_mountinfo(observation.facts.bytes("proc/mountinfo"))) {
        const KnownDevice *device = device_of(known, line);
        if (device == nullptr || (line.root != "/" && line.type != "btrfs"))
            continue;
        mounts.push_back({device->source, line.target, line.type, line.options,
                          uuid_on(observation, device->name)});
    }
    add_swaps(observation, known, mounts);
    return mounts;
}

} // namespace mdrescue::probe
