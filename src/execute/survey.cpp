// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/survey.h"

#include "diagnose/marker.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>

namespace mdrescue::execute {
namespace {

using diagnose::Survey;

constexpr std::uint64_t edge = 16U << 20U;
constexpr std::uint64_t chunk = 1U << 20U;
constexpr std::uint64_t sample_count = 2000;
constexpr std::uint64_t sample_size = 4096;

/// Reads pieces of one disk and remembers whether all were the same byte.
class Reader {
  public:
    Reader(system::System &system, const model::Disk &disk)
        : system_(system), disk_(disk), path_(model::device_path(disk, 0)) {}

    /// False when there is nothing more to find out.
    bool read(std::uint64_t offset, std::uint64_t length) {
        const auto bytes = system_.read_at(path_, offset, length);
        if (!bytes || bytes->size() != length) {
            problem_ = bytes ? fmt::format("{} ends before byte {}", path_, offset + length)
                             : bytes.error().message;
            return false;
        }
        if (!byte_)
            byte_ = bytes->front();
        used_ = used_ || bytes->find_first_not_of(*byte_) != std::string::npos;
        return !used_;
    }

    bool read_all(std::uint64_t offset, std::uint64_t end) {
        for (; offset < end; offset += chunk)
            if (!read(offset, std::min(chunk, end - offset)))
                return false;
        return true;
    }

    bool read_samples() {
        const std::uint64_t room = disk_.size - 2 * edge - sample_size;
        for (std::uint64_t i = 0; i < sample_count; ++i) {
            // room * i could be more than 64 bits hold
            const std::uint64_t offset =
                edge + room / sample_count * i + room % sample_count * i / sample_count;
            if (!read(offset / sample_size * sample_size, sample_size))
                return false;
        }
        return true;
    }

    [[nodiscard]] Survey result() const {
        if (!problem_.empty())
            return {Survey::Bytes::unreadable, problem_, {}, false};
        return {used_ ? Survey::Bytes::used : Survey::Bytes::blank, {}, {}, false};
    }

  private:
    system::System &system_;
    const model::Disk &disk_;
    std::string path_;
    std::optional<char> byte_;
    bool used_ = false;
    std::string problem_;
};

bool has_backup_gpt(system::System &system, const model::Disk &disk) {
    constexpr std::string_view signature = "EFI PART";
    if (disk.size < disk.logical_sector)
        return false;
    const auto bytes = system.read_at(model::device_path(disk, 0), disk.size - disk.logical_sector,
                                      signature.size());
    return bytes && *bytes == signature;
}

std::string find_marker(system::System &system, const model::Disk &disk,
                        const std::set<std::uint64_t> &offsets) {
    for (const std::uint64_t offset : offsets)
        if (const auto bytes =
                system.read_at(model::device_path(disk, 0), offset, diagnose::marker_size))
            if (std::string text = diagnose::marker_text(*bytes); !text.empty())
                return text;
    return {};
}

} // namespace

Survey survey_disk(system::System &system, const model::Disk &disk,
                   const std::set<std::uint64_t> &marker_offsets) {
    if (disk.size == 0)
        return {Survey::Bytes::unreadable, "it has no size", {}, false};
    Reader reader(system, disk);
    const bool small = disk.size <= 2 * edge + sample_count * sample_size;
    if (small)
        static_cast<void>(reader.read_all(0, disk.size));
    else
        static_cast<void>(reader.read_all(0, edge) &&
                          reader.read_all(disk.size - edge, disk.size) && reader.read_samples());
    Survey survey = reader.result();
    survey.marker = find_marker(system, disk, marker_offsets);
    survey.backup_gpt = has_backup_gpt(system, disk);
    return survey;
}

} // namespace mdrescue::execute
