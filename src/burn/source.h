// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "media/image_reader.h"
#include "system/descriptor.h"
#include "util/digest.h"
#include "util/progress.h"
#include "util/result.h"

#include <cstdint>
#include <string>

/// Writing an image to a disc or a USB stick, and making sure that it lies there.
namespace mdrescue::burn {

/// What is to be written: a sound mdrescue image.
struct Source {
    media::ImageInfo image; ///< image.size bytes of image.path are written
    std::string digest;     ///< SHA-256 of these bytes, 64 lower-case hex digits
};

/// Reads every byte. Errors: not an image of ours, or a damaged one; says which.
[[nodiscard]] util::Result<Source> check_source(const std::string &path, util::Progress &progress);

/// The bytes of the source once more, in order, while they are written.
class SourceReader {
  public:
    [[nodiscard]] static util::Result<SourceReader> open(const Source &source);

    /// The next `length` bytes, or what is left of the image. Error: the file cannot be read, or
    /// it ends before the image does because it has shrunk.
    [[nodiscard]] util::Result<std::string> next(std::size_t length);
    /// After the last byte. Error: these were not the bytes that were checked.
    [[nodiscard]] util::Result<void> confirm_unchanged();
    [[nodiscard]] std::uint64_t left() const { return size_ - done_; } ///< in bytes

  private:
    SourceReader(system::Descriptor file, const Source &source)
        : file_(std::move(file)), path_(source.image.path), size_(source.image.size),
          expected_(source.digest) {}

    system::Descriptor file_;
    std::string path_;
    std::uint64_t size_;
    std::uint64_t done_ = 0;
    std::string expected_;
    util::Sha256 digest_;
};

} // namespace mdrescue::burn
