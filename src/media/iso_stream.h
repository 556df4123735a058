// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "manifest/tree.h"
#include "util/digest.h"
#include "util/result.h"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

struct iso_stream; // libisofs' IsoStream

namespace mdrescue::media {

/// Memory to read into, used again for the next file.
class BufferPool {
  public:
    [[nodiscard]] std::unique_ptr<char[]> take();
    void give(std::unique_ptr<char[]> buffer) { free_.push_back(std::move(buffer)); }
    /// libisofs asks for 2 KiB at a time; files are read in pieces of this size.
    static constexpr std::size_t size = 1U << 20U;

  private:
    std::vector<std::unique_ptr<char[]>> free_;
};

/// The bytes of the files of one image: libisofs pulls them in its own thread through the streams
/// made here, and each content is hashed as it goes by. Hard links share one content. The first
/// failure is kept; whoever consumes the image must ask for it, since libisofs itself would go on
/// with zeros. Must outlive the image, and the tree it was filled from.
class IsoContents {
  public:
    /// A regular file; the index of its content.
    std::size_t add(const manifest::Node &node);

    /// SHA256SUMS of every path added so far that is not `left_out`; complete once all contents
    /// have been read.
    [[nodiscard]] std::string sums(std::string_view left_out) const;
    /// Its size, known before anything is read.
    [[nodiscard]] std::uint64_t sums_size(std::string_view left_out) const;

    /// A stream over content `index`; belongs to libisofs. nullptr when memory is short.
    [[nodiscard]] iso_stream *stream(std::size_t index);
    /// A stream over sums(left_out), which must be the last to be read.
    [[nodiscard]] iso_stream *sums_stream(std::string_view left_out);

    /// SHA-256 of what sums_stream() gave, once it was read; else "".
    [[nodiscard]] const std::string &sums_digest() const { return sums_digest_; }

    [[nodiscard]] std::optional<util::Error> failure() const;

    // Called by the streams, in libisofs' thread.
    void fail(util::Error error);
    void set_digest(std::size_t index, std::string digest) {
        contents_[index].digest = std::move(digest);
    }

  private:
    struct Content {
        const manifest::Node *node = nullptr;
        std::string digest;
    };
    struct Name {
        std::string path;
        std::size_t content = 0;
    };
    std::vector<Content> contents_;
    std::vector<Name> names_;
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::size_t> links_; ///< by device and inode
    BufferPool buffers_; ///< used by libisofs' thread alone
    std::string sums_digest_;
    mutable std::mutex mutex_;
    std::optional<util::Error> failure_;
};

} // namespace mdrescue::media
