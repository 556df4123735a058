// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/devices.h"

#include "util/text.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace mdrescue::agent {
namespace {

bool real(const std::string &name) {
    constexpr std::array<std::string_view, 7> virtual_names{"ram", "loop", "zram", "md",
                                                            "dm-", "nbd",  "fd"};
    return std::none_of(virtual_names.begin(), virtual_names.end(),
                        [&](std::string_view prefix) { return name.starts_with(prefix); });
}

} // namespace

std::vector<BlockDevice> block_devices(system::System &system) {
    std::vector<BlockDevice> devices;
    const std::string directory = "/sys/class/block";
    for (const std::string &name : system.list(directory).value_or(std::vector<std::string>{})) {
        if (!real(name))
            continue;
        const std::string place = directory + "/" + name;
        const std::string text = system.read_file(place + "/size").value_or("");
        std::uint64_t sectors = 0; // always of 512 bytes (Documentation/ABI/stable/sysfs-block)
        std::from_chars(text.data(), text.data() + text.size(), sectors);
        devices.push_back({name, sectors * 512, system.exists(place + "/partition")});
    }
    return devices;
}

bool as_many_as_recorded(const model::Machine &recorded, const std::vector<BlockDevice> &present) {
    std::vector<std::uint64_t> sizes;
    for (const BlockDevice &device : present)
        if (!device.partition)
            sizes.push_back(device.size);
    for (const model::Disk &disk : recorded.disks) {
        const auto found = std::find(sizes.begin(), sizes.end(), disk.size);
        if (found == sizes.end())
            return false;
        sizes.erase(found);
    }
    return true;
}

} // namespace mdrescue::agent
