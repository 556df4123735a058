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

std::string inspect_json(const media::ImageInfo &info) {
    ordered_json files = ordered_json::array();
    for (const auto &file : info.files)
        files.push_back({{"path", util::printable(file.path)}, {"bytes", file.size}});
    return text({{"image", util::printable(info.path)},
                 {"bytes", info.size},
                 {"volume_id", util::printable(info.volume_id)},
                 {"image_id", info.profile.image_id},
                 {"host_name", util::printable(info.profile.machine.host_name)},
                 {"made_by", util::printable(info.profile.made_by)},
                 {"made_at", info.profile.made_at},
                 {"kernel", util::printable(info.profile.image_kernel)},
                 {"degraded", info.profile.degraded},
                 {"starts_on", starts_on(info.bios, info.uefi, info.secure_boot)},
                 {"files", files}});
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

} // namespace mdrescue::cli
