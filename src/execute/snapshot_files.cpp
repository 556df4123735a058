// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/snapshot_files.h"

#include "manifest/image_sums.h"
#include "util/digest.h"
#include "util/text.h"

#include <fmt/format.h>
#include <optional>
#include <set>
#include <sys/stat.h>

namespace mdrescue::execute {
namespace {

using manifest::Node;
using system::FileInfo;
using util::fail;
using util::Result;
using Kind = Difference::Kind;

constexpr std::uint64_t piece = 1U << 20U;

std::uint32_t file_type(Node::Kind kind) {
    switch (kind) {
    case Node::Kind::directory: return S_IFDIR;
    case Node::Kind::file: return S_IFREG;
    case Node::Kind::symlink: return S_IFLNK;
    case Node::Kind::character_device: return S_IFCHR;
    case Node::Kind::block_device: return S_IFBLK;
    case Node::Kind::fifo: return S_IFIFO;
    }
    return 0;
}

std::string parent_of(const std::string &path) {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? "" : path.substr(0, slash);
}

tl::unexpected<util::Error> damaged(const std::string &what) {
    return fail(fmt::format("the snapshot on the medium is damaged: {}", what),
                "Use another copy of the medium.");
}

/// The restore writes by these paths.
Result<void> check_tree(const Snapshot &snapshot) {
    std::set<std::string> directories;
    for (const Node &node : snapshot.tree) {
        const bool top = node.path == snapshot.prefix;
        if (top != directories.empty() || (!top && !directories.contains(parent_of(node.path))))
            return damaged("no directory for " + util::printable(node.path));
        if (node.kind == Node::Kind::directory)
            directories.insert(node.path);
        if (node.kind == Node::Kind::file && !snapshot.digests.contains(node.path))
            return damaged("no digest of " + util::printable(node.path));
    }
    return directories.empty() ? damaged("it is empty") : Result<void>{};
}

bool same_time(const Node &node, const FileInfo &found, const Keeps &keeps, bool is_top) {
    const auto &now = found.attributes;
    if (is_top && !keeps.root_time)
        return true;
    if (keeps.time_step > 1)
        return node.mtime / keeps.time_step == now.mtime / keeps.time_step;
    // Filesystems without room for nanoseconds show them as 0.
    return node.mtime == now.mtime && (node.mtime_nsec == now.mtime_nsec || now.mtime_nsec == 0);
}

bool same_attributes(const Node &node, const FileInfo &found, const Keeps &keeps) {
    const auto &now = found.attributes;
    if (!keeps.owners)
        return true;
    if (node.uid != now.uid || node.gid != now.gid ||
        (node.kind != Node::Kind::symlink && node.mode != now.mode))
        return false;
    for (const auto &[name, value] : node.xattrs)
        if (const auto other = now.xattrs.find(name);
            other == now.xattrs.end() || other->second != value)
            return false;
    return true;
}

class Comparison {
  public:
    Comparison(system::System &system, const Snapshot &snapshot, const std::string &directory,
               const Keeps &keeps)
        : system_(system), snapshot_(snapshot), directory_(directory), keeps_(keeps) {}

    Result<std::optional<Kind>> difference(const Node &node) {
        // Below what is no directory there is nothing of ours.
        if (node.path != snapshot_.prefix && !directories_.contains(parent_of(node.path)))
            return Kind::missing;
        MDR_TRY_ASSIGN(const auto found, system_.look(place_of(snapshot_, node, directory_)));
        if (!found)
            return Kind::missing;
        if (found->type != file_type(node.kind))
            return Kind::other_type;
        if (node.kind == Node::Kind::directory)
            directories_.insert(node.path);
        MDR_TRY_ASSIGN(const bool content, same_content(node, *found));
        const bool time = same_time(node, *found, keeps_, node.path == snapshot_.prefix);
        if (!content)
            return time ? Kind::content : Kind::foreign;
        if (!same_attributes(node, *found, keeps_))
            return Kind::attributes;
        return time ? std::nullopt : std::optional(Kind::time);
    }

  private:
    Result<bool> same_content(const Node &node, const FileInfo &found) {
        switch (node.kind) {
        case Node::Kind::file: return same_bytes(node, found);
        case Node::Kind::symlink: {
            MDR_TRY_ASSIGN(const std::string target,
                           system_.read_link(place_of(snapshot_, node, directory_)));
            return target == node.target;
        }
        case Node::Kind::character_device:
        case Node::Kind::block_device: return found.rdev == node.rdev;
        case Node::Kind::directory:
        case Node::Kind::fifo: break;
        }
        return true;
    }

    Result<bool> same_bytes(const Node &node, const FileInfo &found) {
        const auto &file = std::get<manifest::FileSource>(node.bytes);
        if (found.size != file.size)
            return false;
        if (keeps_.owners && file.inode != 0) {
            const auto [first, is_new] = inodes_.try_emplace(file.inode, found.inode);
            if (!is_new)
                return first->second == found.inode; // the first name was read
        }
        MDR_TRY_ASSIGN(const std::string digest,
                       file_digest(system_, place_of(snapshot_, node, directory_)));
        return digest == snapshot_.digests.at(node.path);
    }

    system::System &system_;
    const Snapshot &snapshot_;
    const std::string &directory_;
    const Keeps &keeps_;
    std::set<std::string> directories_;             ///< seen to be directories
    std::map<std::uint64_t, std::uint64_t> inodes_; ///< links to one file: recorded → found
};

} // namespace

Result<Snapshot> read_snapshot(system::System &system, const std::string &medium,
                               const std::string &prefix) {
    Snapshot snapshot{medium, prefix, {}, {}};
    const std::string lines =
        prefix == "boot" ? std::string(manifest::boot_metadata_path) : prefix + ".jsonl";
    MDR_TRY_ASSIGN(const std::string sums,
                   system.read_file(fmt::format("{}/{}", medium, manifest::sums_path)));
    MDR_TRY_ASSIGN(snapshot.digests, manifest::parse_sums(sums));
    MDR_TRY_ASSIGN(const std::string text,
                   system.read_file(fmt::format("{}/{}", medium, lines), 256U << 20U));
    if (util::sha256(text) != snapshot.digests[lines])
        return damaged(lines + " has another digest");
    auto tree = manifest::parse_snapshot_metadata(text);
    if (!tree)
        return util::with_context(lines, tree.error());
    snapshot.tree = std::move(*tree);
    MDR_TRY(check_tree(snapshot));
    return snapshot;
}

Keeps kept_by(const std::string &filesystem_type) {
    const bool fat = filesystem_type == "vfat" || filesystem_type == "msdos";
    return fat ? Keeps{false, 2, false} : Keeps{};
}

std::string place_of(const Snapshot &snapshot, const Node &node, const std::string &directory) {
    return directory + node.path.substr(snapshot.prefix.size());
}

Result<std::vector<Difference>> differences(system::System &system, const Snapshot &snapshot,
                                            const std::string &directory, const Keeps &keeps) {
    Comparison comparison(system, snapshot, directory, keeps);
    std::vector<Difference> found;
    for (const Node &node : snapshot.tree) {
        MDR_TRY_ASSIGN(const auto kind, comparison.difference(node));
        if (kind)
            found.push_back({&node, *kind});
    }
    return found;
}

Result<std::string> file_digest(system::System &system, const std::string &path) {
    util::Sha256 digest;
    for (std::uint64_t offset = 0;;) {
        MDR_TRY_ASSIGN(const std::string bytes, system.read_at(path, offset, piece));
        digest.update(bytes);
        if (bytes.size() < piece)
            return digest.finish();
        offset += bytes.size();
    }
}

} // namespace mdrescue::execute
