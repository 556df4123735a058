// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "media/image_writer.h"
#include "util/result.h"

#include <cstdint>
#include <memory>

namespace mdrescue::media {

/// The bytes of an image, made by libisofs in a thread of its own while they are read here.
class IsoWriter {
  public:
    /// Lays the image out: afterwards its size is known.
    [[nodiscard]] static util::Result<IsoWriter> create(const ImageRequest &request);
    IsoWriter(IsoWriter &&) noexcept;
    IsoWriter &operator=(IsoWriter &&) = delete;
    ~IsoWriter(); ///< ends the thread, wherever it is

    [[nodiscard]] std::uint64_t size() const; ///< in bytes
    /// The next `length` bytes, fewer only at the end. Errors name the file that could not be read
    /// or changed.
    [[nodiscard]] util::Result<std::size_t> read(char *buffer, std::size_t length);
    /// SHA-256 of /mdrescue/SHA256SUMS; known once all bytes have been read.
    [[nodiscard]] const std::string &sums_digest() const;

  private:
    struct State;
    explicit IsoWriter(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace mdrescue::media
