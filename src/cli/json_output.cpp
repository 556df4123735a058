// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/json_output.h"

#include "util/text.h"

#include <nlohmann/json.hpp>

namespace mdrescue::cli {
namespace {

using nlohmann::ordered_json;

std::string text(const ordered_json &json) { return json.dump(2) + "\n"; }

ordered_json starts_on(bool bios, bool uefi, bool secure_boot) {
    return {{"bios", bios}, {"uefi", uefi}, {"secure_boot", secure_boot}};
}

ordered_json image_json(const ImageStatus &image, std::int64_t now) {
    ordered_json json{{"image", util::printable(image.path)}, {"fresh", image.differences.empty()}};
    if (image.profile) {
        json["image_id"] = util::printable(image.profile->image_id);
        json["host_name"] = util::printable(image.profile->machine.host_name);
        json["kernel"] = util::printable(image.profile->image_kernel);
        json["degraded"] = image.profile->degraded;
        json["made_at"] = image.profile->made_at;
        json["age_seconds"] = now - image.profile->made_at;
    }
    json["differences"] = ordered_json::array();
    for (const auto &difference : image.differences)
        json["differences"].push_back(
            {{"kind", diagnose::difference_name(difference.kind)}, {"text", difference.text}});
    return json;
}

ordered_json array_json(const diagnose::ArrayState &array) {
    return {{"name", array.name},
            {"uuid", util::printable(array.uuid)},
            {"level", model::level_name(array.level)},
            {"members_recorded", array.recorded},
            {"members_active", array.active},
            {"members_missing", array.missing},
            {"degraded", array.missing > 0}};
}

ordered_json recorded_disks(const model::Machine &machine) {
    ordered_json disks = ordered_json::array();
    for (const model::Disk &disk : machine.disks)
        disks.push_back({{"disk", util::printable(disk.id)},
                         {"model", util::printable(disk.model)},
                         {"serial", util::printable(disk.serial)},
                         {"wwn", util::printable(disk.wwn)},
                         {"position", util::printable(disk.position)},
                         {"bytes", disk.size}});
    return disks;
}

ordered_json recorded_arrays(const model::Machine &machine) {
    ordered_json arrays = ordered_json::array();
    for (const model::Array &array : machine.arrays) {
        ordered_json members = ordered_json::array();
        for (const model::ArrayMember &member : array.members)
            members.push_back({{"disk", util::printable(member.device.disk)},
                               {"partition", member.device.partition},
                               {"slot", member.slot}});
        arrays.push_back({{"name", util::printable(array.kernel_name)},
                          {"uuid", util::printable(array.uuid)},
                          {"level", model::level_name(array.level)},
                          {"metadata", util::printable(array.metadata)},
                          {"slots", array.slots},
                          {"members", members}});
    }
    return arrays;
}

} // namespace

std::string build_json(const BuildReport &report) {
    return text({{"image", util::printable(report.output)},
                 {"bytes", report.size},
                 {"sha256", report.digest},
                 {"image_id", report.image_id},
                 {"host_name", util::printable(report.host_name)},
                 {"kernel", util::printable(report.kernel)},
                 {"starts_on", starts_on(report.bios, report.uefi, report.secure_boot)},
                 {"parts",
                  {{"boot_snapshot_bytes", report.boot_bytes},
                   {"esp_snapshot_bytes", report.esp_bytes},
                   {"initramfs_bytes", report.initramfs_bytes},
                   {"firmware_bytes_uncompressed", report.firmware_bytes}}}});
}

std::string inspect_json(const media::ImageInfo &info, const std::vector<SizePart> &sizes) {
    ordered_json files = ordered_json::array();
    for (const auto &file : info.files)
        files.push_back({{"path", util::printable(file.path)}, {"bytes", file.size}});
    ordered_json said{{"image", util::printable(info.path)},
                      {"bytes", info.size},
                      {"volume_id", util::printable(info.volume_id)},
                      {"image_id", info.profile.image_id},
                      {"host_name", util::printable(info.profile.machine.host_name)},
                      {"made_by", util::printable(info.profile.made_by)},
                      {"made_at", info.profile.made_at},
                      {"kernel", util::printable(info.profile.image_kernel)},
                      {"degraded", info.profile.degraded},
                      {"starts_on", starts_on(info.bios, info.uefi, info.secure_boot)},
                      {"disks", recorded_disks(info.profile.machine)},
                      {"arrays", recorded_arrays(info.profile.machine)},
                      {"files", files}};
    for (const SizePart &part : sizes) {
        ordered_json one{{"part", part.name}, {"bytes", part.bytes}};
        if (part.limit)
            one["limit"] = *part.limit;
        said["sizes"].push_back(one);
    }
    return text(said);
}

std::string verify_json(const media::Verification &verification) {
    ordered_json damaged = ordered_json::array();
    for (const auto &file : verification.damaged)
        damaged.push_back(util::printable(file));
    return text({{"sound", verification.sound},
                 {"bytes", verification.bytes},
                 {"sha256", verification.digest},
                 {"damaged", damaged}});
}

std::string not_verified_json(const util::Error &reason) {
    return text({{"sound", false}, {"reason", util::printable(reason.message)}});
}

std::string burn_json(const BurnReport &report) {
    return text({{"device", util::printable(report.device)},
                 {"medium", util::printable(report.medium)},
                 {"bytes", report.bytes},
                 {"sha256", report.sha256},
                 {"simulated", report.simulated},
                 {"compared", report.compared},
                 {"data_partition", report.data_partition}});
}

std::string status_json(const MachineStatus &status) {
    ordered_json images = ordered_json::array();
    for (const auto &image : status.images)
        images.push_back(image_json(image, status.now));
    ordered_json arrays = ordered_json::array();
    for (const auto &array : status.arrays)
        arrays.push_back(array_json(array));
    ordered_json json{{"fresh", fresh(status)},
                      {"host_name", util::printable(status.host_name)},
                      {"checked_at", status.now},
                      {"images", images},
                      {"arrays", arrays}};
    if (!status.no_image.empty())
        json["reason"] = status.no_image;
    return text(json);
}

} // namespace mdrescue::cli
