// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "manifest/image_digest.h"
#include "util/result.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mdrescue::media {

/// A run of bytes on the medium.
struct Extent {
    std::uint64_t offset = 0; ///< in bytes
    std::uint64_t size = 0;   ///< in bytes
};

struct IsoFileEntry {
    std::string path; ///< from the root, without a leading slash
    std::uint64_t size = 0;
    std::vector<Extent> extents;
};

/// An image file, or a medium that holds an image, open for reading.
class IsoReader {
  public:
    /// Errors: cannot be opened or read, a directory, empty, not ISO 9660, not made by mdrescue,
    /// truncated.
    [[nodiscard]] static util::Result<IsoReader> open(const std::string &path);
    IsoReader(IsoReader &&other) noexcept;
    IsoReader &operator=(IsoReader &&) = delete;
    ~IsoReader();

    [[nodiscard]] const manifest::DigestField &digest_field() const { return field_; }
    [[nodiscard]] const std::string &volume_id() const { return volume_id_; }

    /// Exactly `length` bytes of the image, or an error. On a stick with a partition behind the
    /// image, the partition table is the image's own (manifest/kept_table.h).
    [[nodiscard]] util::Result<void> read_at(std::uint64_t offset, char *buffer,
                                             std::size_t length) const;
    /// Every regular file by path, with the Rock Ridge names.
    [[nodiscard]] util::Result<std::map<std::string, IsoFileEntry>> files() const;
    /// A whole small file. Error: larger than `limit`.
    [[nodiscard]] util::Result<std::string> read(const IsoFileEntry &file,
                                                 std::uint64_t limit) const;

  private:
    IsoReader(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
    [[nodiscard]] util::Result<void> identify();
    void find_kept_table();

    int descriptor_ = -1;
    std::string path_;
    std::uint64_t room_ = 0; ///< size of the file or device
    manifest::DigestField field_;
    std::string volume_id_;
    std::optional<std::string> kept_table_; ///< the image's own system area, where it is kept
};

} // namespace mdrescue::media
