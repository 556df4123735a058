// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/check.h"

#include "manifest/image_digest.h"
#include "manifest/image_sums.h"
#include "manifest/kept_table.h"
#include "util/digest.h"

#include <algorithm>
#include <optional>

namespace mdrescue::agent {
namespace {

using util::Result;

constexpr std::uint64_t chunk = 1U << 20U;

bool cancelled() { return util::cancel_requested; }

/// Feeds the bytes of a device or file to a digest, at most `limit`; how many there were. None when
/// they cannot be read, the usual way for a worn disc to fail, or on a cancel.
template <class Digest>
std::optional<std::uint64_t> read_all(system::System &system, const std::string &path,
                                      std::uint64_t limit, Digest &digest, util::Progress &progress,
                                      std::uint64_t already) {
    std::uint64_t done = 0;
    while (done < limit && !cancelled()) {
        const auto bytes = system.read_at(path, done, std::min(chunk, limit - done));
        if (!bytes)
            return std::nullopt;
        digest.update(*bytes);
        done += bytes->size();
        progress.advance(already + done);
        if (bytes->size() < std::min(chunk, limit - (done - bytes->size())))
            break;
    }
    return cancelled() ? std::nullopt : std::optional(done);
}

std::optional<manifest::DigestField> digest_field(system::System &system, const Medium &medium) {
    const auto text =
        system.read_at(medium.source(), manifest::digest_field_offset, manifest::digest_field_size);
    return text ? manifest::parse_digest_field(*text) : std::nullopt;
}

/// The image on a stick that has a partition behind it: its own partition table, over which its
/// digest was taken, is kept there.
class StickImage {
  public:
    StickImage(system::System &system, const Medium &medium, const manifest::DigestField &field) {
        const auto record = system.read_at(
            medium.source(), manifest::kept_table_offset(field.bytes), manifest::kept_table_size);
        if (record)
            kept_ = manifest::parse_kept_table(field.sha256, *record);
    }
    /// The image's own bytes for the next ones of the medium.
    std::string own(std::string_view bytes) {
        std::string image(bytes);
        if (kept_ && at_ < manifest::system_area_size)
            manifest::put_kept_table(*kept_, at_, image.data(), image.size());
        at_ += bytes.size();
        return image;
    }

  private:
    std::optional<std::string> kept_;
    std::uint64_t at_ = 0;
};

/// The image's digest, and who else wants its bytes.
struct ImageRead {
    StickImage image;
    const Reader &also;
    manifest::ImageDigest digest{};

    void update(std::string_view bytes) {
        const std::string own = image.own(bytes);
        if (also)
            also(own);
        digest.update(own);
    }
};

/// The linear read; false when anything differs or cannot be read.
bool whole_image_sound(system::System &system, const Medium &medium,
                       const manifest::DigestField &field, util::Progress &progress,
                       const Reader &also) {
    progress.phase("checking the medium", field.bytes);
    ImageRead read{{system, medium, field}, also};
    const auto bytes = read_all(system, medium.source(), field.bytes, read, progress, 0);
    return bytes == field.bytes && read.digest.finish() == field.sha256;
}

Result<CheckReport> check_files(system::System &system, std::uint64_t total,
                                util::Progress &progress) {
    const std::string root = std::string(medium_directory) + "/";
    MDR_TRY_ASSIGN(const std::string text,
                   system.read_file(root + std::string(manifest::sums_path)));
    MDR_TRY_ASSIGN(const auto sums, manifest::parse_sums(text));
    progress.phase("looking for the damaged files", total);
    CheckReport report;
    for (const auto &[path, recorded] : sums) {
        util::Sha256 digest;
        const auto bytes =
            read_all(system, root + path, UINT64_MAX, digest, progress, report.bytes);
        if (cancelled())
            return util::cancelled();
        report.bytes += bytes.value_or(0);
        if (!bytes || digest.finish() != recorded)
            report.damaged.push_back(path);
    }
    return report;
}

} // namespace

std::uint64_t image_size(system::System &system, const Medium &medium) {
    const auto field = digest_field(system, medium);
    return field ? field->bytes : 0;
}

Result<CheckReport> check_medium(system::System &system, const Medium &medium,
                                 util::Progress &progress, const Reader &also) {
    // What was read before is in memory: look at the medium instead (kernel documentation,
    // admin-guide/sysctl/vm.rst). A check that stays partly in memory is still a check.
    if (const auto dropped = system.write_control("/proc/sys/vm/drop_caches", "1"); !dropped)
        progress.warn(dropped.error().message);
    const auto field = digest_field(system, medium);
    if (field && whole_image_sound(system, medium, *field, progress, also))
        return CheckReport{field->bytes, {}};
    if (cancelled())
        return util::cancelled();
    MDR_TRY_ASSIGN(CheckReport report, check_files(system, field ? field->bytes : 0, progress));
    if (report.damaged.empty()) // and yet the image differs
        report.damaged.emplace_back("boot records");
    return report;
}

} // namespace mdrescue::agent
