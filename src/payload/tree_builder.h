// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "manifest/tree.h"
#include "util/result.h"

#include <cstdint>
#include <map>
#include <string>

namespace mdrescue::payload {

/// Puts together a tree in which nothing of this system shows but the files' bytes: owner root, one
/// time for all, given modes. Paths have no leading slash; directories above a path are made as
/// needed, mode 0755. A path that is there already is left as it is.
class TreeBuilder {
  public:
    explicit TreeBuilder(std::int64_t time) : time_(time) {}

    void directory(const std::string &path, std::uint32_t mode = 0755);
    void file(const std::string &path, std::string bytes, std::uint32_t mode = 0644);
    /// A file of this system; links to one file stay links. Returns its size in bytes, 0 when its
    /// bytes are there under another path.
    [[nodiscard]] util::Result<std::uint64_t>
    copy(const std::string &path, const std::string &source, std::uint32_t mode = 0644);
    void symlink(const std::string &path, const std::string &target);
    void character_device(const std::string &path, std::uint32_t mode, unsigned major,
                          unsigned minor);

    [[nodiscard]] bool contains(const std::string &path) const { return nodes_.contains(path); }
    [[nodiscard]] manifest::Tree take() const;

  private:
    manifest::Node &add(const std::string &path, manifest::Node::Kind kind, std::uint32_t mode);

    std::int64_t time_;
    std::map<std::string, manifest::Node> nodes_;
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::string>
        sources_; ///< device and inode → first path
};

/// Where a path of some root lies in the initramfs, whose layout is the merged one: /bin, /sbin and
/// /usr/sbin are /usr/bin; /lib is /usr/lib; /lib64 is /usr/lib64. path: absolute; result: without
/// a leading slash.
[[nodiscard]] std::string merged_place(const std::string &path);

/// The symbolic links that make the merged layout: /bin → usr/bin, …
void add_merged_links(TreeBuilder &builder);

} // namespace mdrescue::payload
