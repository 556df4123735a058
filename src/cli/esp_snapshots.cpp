// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/esp_snapshots.h"

#include "payload/snapshot.h"
#include "util/text.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>

namespace mdrescue::cli {
namespace {

// UEFI specification 2.10, table 5.7: the EFI System Partition; on MBR disks type ef.
bool is_esp(const model::Partition &partition) {
    const bool type =
        partition.type == "C12A7328-F81F-11D2-BA4B-00A0C93EC93B" || partition.type == "ef";
    return type && partition.content.kind == model::Content::Kind::filesystem;
}

std::string mounted_at(const model::Machine &machine, const std::string &device) {
    const auto &mounts = machine.mounts;
    const auto found = std::find_if(mounts.begin(), mounts.end(),
                                    [&](const auto &m) { return m.source == device; });
    return found == mounts.end() ? std::string() : found->target;
}

util::Result<manifest::Tree> snapshot_unmounted(system::System &system, const std::string &device,
                                                const std::string &prefix,
                                                const std::string &scratch,
                                                util::Progress &progress) {
    const std::string target = scratch + "/esp";
    MDR_TRY(system.make_directory(target));
    MDR_TRY(system.mount({.source = device, .target = target, .type = "vfat"}));
    auto tree = payload::snapshot(target, prefix, progress);
    // The files are read again while the image is written: their bytes are taken now, the ESP is
    // small.
    if (tree)
        for (auto &node : *tree)
            if (auto *file = std::get_if<manifest::FileSource>(&node.bytes)) {
                auto bytes = system.read_file(file->path, 256U << 20U);
                if (!bytes) {
                    tree = tl::unexpected(bytes.error());
                    break;
                }
                node.bytes = std::move(*bytes);
            }
    MDR_TRY(system.unmount(target));
    return tree;
}

struct Esp {
    model::DeviceRef device;
    std::string node;   ///< "/dev/sda1"
    std::string target; ///< where it is mounted; "" for nowhere
    std::string prefix;
};

std::vector<Esp> esps_of(const model::Machine &machine) {
    std::vector<Esp> esps;
    for (const auto &disk : machine.disks) {
        if (!disk.table)
            continue;
        for (const auto &partition : disk.table->partitions) {
            if (!is_esp(partition))
                continue;
            const std::string node = model::device_path(disk, partition.number);
            esps.push_back({{disk.id, partition.number},
                            node,
                            mounted_at(machine, node),
                            fmt::format("mdrescue/esp/{}-{}", disk.id, partition.number)});
        }
    }
    return esps;
}

tl::unexpected<util::Error> about(const Esp &esp, util::Error error) {
    return util::with_context(fmt::format("the EFI system partition {}", util::printable(esp.node)),
                              std::move(error));
}

} // namespace

util::Result<std::vector<EspSnapshot>> esp_snapshots(system::System &system,
                                                     const model::Machine &machine,
                                                     const std::string &scratch,
                                                     util::Progress &progress) {
    std::vector<EspSnapshot> snapshots;
    for (const auto &esp : esps_of(machine)) {
        auto tree = esp.target.empty()
                        ? snapshot_unmounted(system, esp.node, esp.prefix, scratch, progress)
                        : payload::snapshot(esp.target, esp.prefix, progress);
        if (!tree)
            return about(esp, tree.error());
        snapshots.push_back({esp.device, esp.prefix, std::move(*tree)});
    }
    return snapshots;
}

util::Result<std::vector<EspSnapshot>> esp_snapshots_below(const std::string &root,
                                                           const model::Machine &machine,
                                                           util::Progress &progress) {
    std::vector<EspSnapshot> snapshots;
    for (const auto &esp : esps_of(machine)) {
        const std::string directory = root + esp.target;
        std::error_code error;
        if (esp.target.empty() || std::filesystem::is_empty(directory, error) || error) {
            progress.warn(fmt::format(
                "the files of the EFI system partition {} will not be on the image: they are not "
                "under {}",
                util::printable(esp.node), util::printable(root)));
            continue;
        }
        auto tree = payload::snapshot(directory, esp.prefix, progress);
        if (!tree)
            return about(esp, tree.error());
        snapshots.push_back({esp.device, esp.prefix, std::move(*tree)});
    }
    return snapshots;
}

} // namespace mdrescue::cli
