// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "util/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace mdrescue::media {

/// Why `output` cannot become an image: it is empty, or a directory, a device or a symbolic link;
/// it exists and replace is false; its directory does not exist or cannot be written.
[[nodiscard]] util::Result<void> check_output(const std::string &output, bool replace);

/// A file that appears under its name complete or not at all: written under another name beside it,
/// mode 0600, synced, renamed. Unless commit() was reached the destructor removes it.
class OutputFile {
  public:
    /// Errors: those of check_output().
    [[nodiscard]] static util::Result<OutputFile> create(const std::string &output, bool replace);
    OutputFile(OutputFile &&other) noexcept;
    OutputFile &operator=(OutputFile &&) = delete;
    ~OutputFile();

    /// Error when the filesystem has less room than `bytes`, before anything is written.
    [[nodiscard]] util::Result<void> expect(std::uint64_t bytes);
    [[nodiscard]] util::Result<void> write(std::string_view bytes); ///< at the end
    [[nodiscard]] util::Result<void> write_at(std::uint64_t offset, std::string_view bytes);
    /// Everything written is on the disk, and what is read now comes from there, not from memory.
    [[nodiscard]] util::Result<void> settle();
    /// Where it lies until commit().
    [[nodiscard]] const std::string &temporary() const { return temporary_; }
    /// Makes it durable and gives it its name.
    [[nodiscard]] util::Result<void> commit();

  private:
    OutputFile(int descriptor, std::string temporary, std::string output, bool replace);
    [[nodiscard]] util::Result<void> rename_into_place();
    [[nodiscard]] tl::unexpected<util::Error> write_error(int error) const;

    int descriptor_ = -1;
    std::string temporary_; ///< "" when there is nothing to remove
    std::string output_;
    bool replace_ = false;
    std::uint64_t expected_ = 0;
};

} // namespace mdrescue::media
