// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/esp_snapshots.h"

#include "payload/snapshot.h"
#include "util/text.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fmt/format.h>

namespace mdrescue::cli {
namespace {

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
            if (!model::is_native_esp(*disk.table, partition))
                continue;
            const std::string node = model::device_path(disk, partition.number);
            esps.push_back({{disk.id, partition.number},
                            node,
                            mounted_at(machine, node),
                            model::esp_snapshot_path({disk.id, partition.number})});
        }
    }
    return esps;
}

tl::unexpected<util::Error> about(const Esp &esp, util::Error error) {
    return util::with_context(fmt::format("the EFI system partition {}", util::printable(esp.node)),
                              std::move(error));
}

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

/// Files below \EFI whose names end with .efi, as firmware spells paths; sorted.
std::vector<std::string> loaders_of(const EspSnapshot &snapshot) {
    constexpr std::string_view top = "/efi/";
    std::vector<std::string> loaders;
    for (const auto &node : snapshot.tree) {
        std::string path = node.path.substr(snapshot.prefix.size());
        if (node.kind != manifest::Node::Kind::file || !lower(path).starts_with(top) ||
            !lower(path).ends_with(".efi"))
            continue;
        path.replace(0, top.size(), "/EFI/");
        std::replace(path.begin(), path.end(), '/', '\\');
        loaders.push_back(std::move(path));
    }
    std::sort(loaders.begin(), loaders.end());
    return loaders;
}

} // namespace

void know_loaders(model::Machine &machine, const std::vector<EspSnapshot> &snapshots) {
    for (model::Disk &disk : machine.disks)
        for (model::BootLoader &loader : disk.boot_loaders) {
            const model::DeviceRef device{disk.id, loader.partition};
            const model::Partition *partition = model::find_partition(machine, device);
            if (partition == nullptr || !model::is_native_esp(*disk.table, *partition))
                continue;
            const auto snapshot =
                std::find_if(snapshots.begin(), snapshots.end(),
                             [&](const EspSnapshot &one) { return one.device == device; });
            loader.files =
                snapshot == snapshots.end() ? std::vector<std::string>{} : loaders_of(*snapshot);
        }
}

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
