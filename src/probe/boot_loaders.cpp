// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/boot_loaders.h"

#include "probe/json_reports.h"
#include "probe/mounts.h"
#include "util/bytes.h"
#include "util/text.h"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>

namespace mdrescue::probe {
namespace {

using model::BootLoader;
using model::Disk;

constexpr std::string_view bios_boot_type = "21686148-6449-6E6F-744E-656564454649";
constexpr std::uint64_t boot_code_size = 440; // up to the disk id: what boot.img may fill
constexpr std::uint64_t largest_area = 1U << 20U;
constexpr int deepest_directory = 4;
constexpr std::size_t most_loaders = 256;

std::string area_fact(const std::string &disk, std::uint64_t offset) {
    return fmt::format("boot/{}/{}", disk, offset);
}

std::optional<model::PartitionTable> collected_table(Collector &collector,
                                                     const std::string &disk) {
    const auto report = collector.facts().find("sfdisk/" + disk);
    if (report == collector.facts().end())
        return std::nullopt;
    auto table = parse_sfdisk(report->second, disk);
    return table ? std::optional(std::move(*table)) : std::nullopt;
}

bool loader_name(std::string name) {
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return name.ends_with(".efi");
}

/// Only names: `path` is "/boot/efi/EFI/debian", `shown` "\EFI\debian".
void list_loaders(Collector &collector, const std::string &path, const std::string &shown,
                  int depth, std::vector<std::string> &loaders) {
    for (const std::string &name : collector.list(path)) {
        // A newline would make one fact line two; FAT has none in names, but what is mounted there
        // may not be FAT.
        if (name.find('\n') != std::string::npos || loaders.size() >= most_loaders)
            continue;
        if (loader_name(name))
            loaders.push_back(shown + "\\" + name);
        else if (depth < deepest_directory && name.find('.') == std::string::npos)
            list_loaders(collector, fmt::format("{}/{}", path, name), shown + "\\" + name,
                         depth + 1, loaders);
    }
}

void collect_esp(Collector &collector, const std::string &device, const std::string &target) {
    const std::string root = target == "/" ? "" : target;
    std::vector<std::string> loaders;
    for (const std::string &name : collector.list(root + "/"))
        if (name == "EFI" || name == "efi" || name == "Efi")
            list_loaders(collector, fmt::format("{}/{}", root, name), "\\EFI", 1, loaders);
    collector.keep("esp/" + device, fmt::format("{}", fmt::join(loaders, "\n")));
}

// --- recognising what is in the areas ---

bool inside(const BootRange &range, std::uint64_t byte) {
    return byte >= range.offset && byte - range.offset < range.size;
}

/// GRUB's boot.img carries its name in its error message and, at 0x5c, the sector of core.img
/// (grub-core/boot/i386/pc/boot.S).
constexpr std::size_t grub_core_sector_at = 0x5c;
bool is_grub(std::string_view code) {
    return code.size() > grub_core_sector_at + 8 && code.find("GRUB ") != std::string_view::npos;
}

const model::BootArea *area_at(const Disk &disk, std::uint64_t offset) {
    for (const model::BootArea &area : disk.boot_areas)
        if (area.offset == offset)
            return &area;
    return nullptr;
}

/// The array whose data are those of the partition: an ESP mirrored by metadata 1.0 is mounted by
/// way of it.
std::string mounted_device(const std::vector<model::Array> &arrays,
                           const model::DeviceRef &reference, const std::string &own_name) {
    for (const model::Array &array : arrays)
        for (const model::ArrayMember &member : array.members)
            if (member.device == reference && !array.kernel_name.empty())
                return array.kernel_name;
    return own_name;
}

std::string name_of(const Observation &observation, const model::DeviceRef &reference) {
    for (const auto &[name, known] : observation.references)
        if (known == reference)
            return name;
    return {};
}

void read_areas(Observation &observation, Disk &disk) {
    for (const BootRange &range : boot_ranges(*disk.table, disk.logical_sector))
        if (const std::string *bytes =
                observation.facts.find(area_fact(disk.kernel_name, range.offset)))
            disk.boot_areas.push_back({range.offset, range.size, *bytes});
}

void read_esps(Observation &observation, const std::vector<model::Array> &arrays, Disk &disk) {
    for (const model::Partition &partition : disk.table->partitions) {
        if (!model::is_esp(*disk.table, partition))
            continue;
        const model::DeviceRef reference{disk.id, partition.number};
        const std::string device =
            mounted_device(arrays, reference, name_of(observation, reference));
        BootLoader loader{BootLoader::Kind::esp, partition.number, {}};
        const std::string files = observation.facts.bytes("esp/" + device);
        for (const std::string_view file : util::split(files, '\n'))
            if (!file.empty())
                loader.files.emplace_back(file);
        disk.boot_loaders.push_back(std::move(loader));
    }
}

} // namespace

std::vector<BootRange> boot_ranges(const model::PartitionTable &table, std::uint32_t sector) {
    std::vector<BootRange> ranges{{0, boot_code_size, 0}};
    if (table.label == "dos") {
        std::uint64_t first = 0;
        for (const model::Partition &partition : table.partitions)
            if (first == 0 || partition.start < first)
                first = partition.start;
        if (first > 1)
            ranges.push_back({sector, std::min(largest_area / sector, first - 1) * sector, 0});
    }
    for (const model::Partition &partition : table.partitions)
        if (table.label == "gpt" && partition.type == bios_boot_type)
            ranges.push_back({partition.start * sector,
                              std::min(largest_area / sector, partition.size) * sector,
                              partition.number});
    return ranges;
}

void collect_boot_areas(Collector &collector, const std::vector<BlockDevice> &devices) {
    for (const BlockDevice &device : devices) {
        if (device.kind != BlockDevice::Kind::disk)
            continue;
        const auto table = collected_table(collector, device.name);
        if (!table)
            continue;
        for (const BootRange &range : boot_ranges(*table, device.sector))
            if (auto bytes = collector.device_bytes(device.name, range.offset, range.size))
                collector.keep(area_fact(device.name, range.offset),
                               without_trailing_zeros(std::move(*bytes)));
    }
}

void collect_esp_files(Collector &collector, const std::vector<BlockDevice> &devices) {
    const auto mountinfo = collector.facts().find("proc/mountinfo");
    if (mountinfo == collector.facts().end())
        return;
    const auto mounts = parse_mountinfo(mountinfo->second);
    const auto look = [&](const std::string &name, const std::string &numbers) {
        for (const MountLine &mount : mounts)
            if (mount.numbers == numbers && mount.type == "vfat" && mount.root == "/")
                return collect_esp(collector, name, mount.target);
    };
    for (const BlockDevice &device : devices) {
        const auto table = collected_table(collector, device.name);
        for (const KernelPartition &partition : device.partitions)
            for (const model::Partition &known :
                 table ? table->partitions : std::vector<model::Partition>{})
                if (known.number == partition.number && model::is_esp(*table, known))
                    look(partition.name, partition.numbers);
        const bool mirrored_esp =
            device.kind == BlockDevice::Kind::array && device.partitions.empty();
        if (mirrored_esp)
            look(device.name, device.numbers);
    }
}

std::vector<BootLoader> loaders_in_areas(const Disk &disk) {
    const model::BootArea *code = area_at(disk, 0);
    if (code == nullptr || code->bytes.empty() || !disk.table)
        return {};
    if (!is_grub(code->bytes))
        return {{BootLoader::Kind::other_mbr_code, 0, {}}};
    const std::uint64_t core = util::little_endian<std::uint64_t>(code->bytes, grub_core_sector_at);
    for (const BootRange &range : boot_ranges(*disk.table, disk.logical_sector))
        if (range.partition != 0 && core < disk.size / disk.logical_sector &&
            inside(range, core * disk.logical_sector))
            return {{BootLoader::Kind::grub_bios_boot, range.partition, {}}};
    return {{BootLoader::Kind::grub_mbr_gap, 0, {}}};
}

void read_boot_loaders(Observation &observation, const std::vector<model::Array> &arrays,
                       std::vector<Disk> &disks) {
    std::vector<std::string> mirrored;
    for (const model::Array &array : arrays)
        if (!array.kernel_name.empty())
            mirrored.push_back(array.kernel_name);
    for (Disk &disk : disks) {
        if (!disk.table)
            continue;
        read_areas(observation, disk);
        disk.boot_loaders = loaders_in_areas(disk);
        read_esps(observation, arrays, disk);
    }
    // FAT on an array none of whose members is an ESP: nothing boots from it.
    for (const std::string &name : mirrored)
        static_cast<void>(observation.facts.find("esp/" + name));
}

} // namespace mdrescue::probe
