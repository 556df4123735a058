// SPDX-License-Identifier: GPL-3.0-or-later
#include "payload/snapshot.h"

#include "payload/files.h"
#include "util/text.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <fcntl.h>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace mdrescue::payload {

namespace {

tl::unexpected<util::Error> cannot_read(const std::string &path, int reason) {
    return util::fail_errno("cannot read " + util::printable(path), reason);
}

/// Everything lstat(2) tells, and whether something is mounted here.
util::Result<struct statx> status(const std::string &path) {
    struct statx info {};
    if (::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_BASIC_STATS,
                &info) != 0)
        return cannot_read(path, errno);
    return info;
}

bool same_device(const struct statx &a, const struct statx &b) {
    return a.stx_dev_major == b.stx_dev_major && a.stx_dev_minor == b.stx_dev_minor;
}

/// Linux 5.8 and later say so themselves (statx(2)), also of bind mounts, whose device number is
/// that of the directory above; and a btrfs subvolume, which has its own, is no mount. Before, the
/// device number is all there is; of directories only, since overlayfs gives files the numbers of
/// the layer they come from.
bool mounted_here(const struct statx &info, const struct statx &top) {
    if ((info.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0)
        return (info.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
    return S_ISDIR(info.stx_mode) && !same_device(info, top);
}

util::Result<std::string> link_target(const std::string &path) {
    std::array<char, PATH_MAX> target{};
    const ssize_t length = ::readlink(path.c_str(), target.data(), target.size());
    if (length < 0)
        return cannot_read(path, errno);
    return std::string(target.data(), static_cast<std::size_t>(length));
}

/// One attribute's value; "not there" when it vanished or may not be read (trusted.* without
/// privilege).
util::Result<std::optional<std::string>> attribute(const std::string &path,
                                                   const std::string &name) {
    const ssize_t size = ::lgetxattr(path.c_str(), name.c_str(), nullptr, 0);
    std::string value(size > 0 ? static_cast<std::size_t>(size) : 0, '\0');
    const ssize_t got =
        size > 0 ? ::lgetxattr(path.c_str(), name.c_str(), value.data(), value.size()) : size;
    if (got >= 0) {
        value.resize(static_cast<std::size_t>(got));
        return std::optional(std::move(value));
    }
    if (errno == ENODATA || errno == EPERM || errno == ENOTSUP)
        return std::optional<std::string>();
    return cannot_read(path, errno);
}

util::Result<std::map<std::string, std::string>> attributes(const std::string &path) {
    std::map<std::string, std::string> found;
    const ssize_t size = ::llistxattr(path.c_str(), nullptr, 0);
    std::string names(size > 0 ? static_cast<std::size_t>(size) : 0, '\0');
    const ssize_t got = size > 0 ? ::llistxattr(path.c_str(), names.data(), names.size()) : size;
    if (got < 0)
        return errno == ENOTSUP ? util::Result<std::map<std::string, std::string>>(found)
                                : cannot_read(path, errno);
    names.resize(static_cast<std::size_t>(got));
    for (const auto part : util::split(names, '\0')) {
        if (part.empty())
            continue;
        MDR_TRY_ASSIGN(auto value, attribute(path, std::string(part)));
        if (value)
            found.emplace(part, std::move(*value));
    }
    return found;
}

/// Opens the file to be sure it can be read later, when the image is being written; and it must
/// still be the same one.
util::Result<manifest::FileSource> file_source(const std::string &path, const struct statx &info) {
    const system::Descriptor file(
        ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (file.get() < 0)
        return cannot_read(path, errno);
    struct stat now {};
    if (::fstat(file.get(), &now) != 0)
        return cannot_read(path, errno);
    if (!S_ISREG(now.st_mode) || now.st_ino != info.stx_ino)
        return util::fail(util::printable(path) + " was replaced while it was read",
                          "Run the build again.");
    manifest::FileSource source{path, static_cast<std::uint64_t>(now.st_size), 0, 0};
    if (now.st_nlink > 1) {
        source.device = now.st_dev;
        source.inode = now.st_ino;
    }
    return source;
}

class Walk {
  public:
    Walk(const struct statx &top, util::Progress &progress) : top_(top), progress_(progress) {}

    util::Result<void> directory(const std::string &path, const std::string &place,
                                 const struct statx &info) {
        MDR_TRY(add(path, place, info, manifest::Node::Kind::directory));
        MDR_TRY_ASSIGN(const auto names, directory_names(path));
        progress_.advance(bytes_);
        for (const auto &name : names) {
            if (util::cancel_requested)
                return util::cancelled();
            MDR_TRY(entry(path + "/" + name, place + "/" + name));
        }
        return {};
    }

    manifest::Tree tree;

  private:
    util::Result<void> entry(const std::string &path, const std::string &place) {
        MDR_TRY_ASSIGN(const auto info, status(path));
        switch (info.stx_mode & S_IFMT) {
        case S_IFDIR:
            if (mounted_here(info, top_))
                return add(path, place, info, manifest::Node::Kind::directory);
            return directory(path, place, info);
        case S_IFREG: return file(path, place, info);
        case S_IFLNK: return symlink(path, place, info);
        case S_IFCHR: return device(path, place, info, manifest::Node::Kind::character_device);
        case S_IFBLK: return device(path, place, info, manifest::Node::Kind::block_device);
        case S_IFIFO: return add(path, place, info, manifest::Node::Kind::fifo);
        default:
            progress_.warn(
                fmt::format("{} is a socket and is left out: no program could use the copy",
                            util::printable(path)));
            return {};
        }
    }

    util::Result<void> file(const std::string &path, const std::string &place,
                            const struct statx &info) {
        if (mounted_here(info, top_)) {
            progress_.warn(fmt::format("{} is left out: another file is mounted over it",
                                       util::printable(path)));
            return {};
        }
        MDR_TRY_ASSIGN(auto source, file_source(path, info));
        bytes_ += source.size;
        MDR_TRY(add(path, place, info, manifest::Node::Kind::file));
        tree.back().bytes = std::move(source);
        return {};
    }

    util::Result<void> symlink(const std::string &path, const std::string &place,
                               const struct statx &info) {
        MDR_TRY(add(path, place, info, manifest::Node::Kind::symlink));
        MDR_TRY_ASSIGN(tree.back().target, link_target(path));
        return {};
    }

    util::Result<void> device(const std::string &path, const std::string &place,
                              const struct statx &info, manifest::Node::Kind kind) {
        MDR_TRY(add(path, place, info, kind));
        tree.back().rdev = makedev(info.stx_rdev_major, info.stx_rdev_minor);
        return {};
    }

    util::Result<void> add(const std::string &path, const std::string &place,
                           const struct statx &info, manifest::Node::Kind kind) {
        manifest::Node node;
        node.kind = kind;
        node.path = place;
        node.mode = info.stx_mode & 07777U;
        node.uid = info.stx_uid;
        node.gid = info.stx_gid;
        node.mtime = info.stx_mtime.tv_sec;
        node.mtime_nsec = info.stx_mtime.tv_nsec;
        MDR_TRY_ASSIGN(node.xattrs, attributes(path));
        tree.push_back(std::move(node));
        return {};
    }

    struct statx top_;
    util::Progress &progress_;
    std::uint64_t bytes_ = 0;
};

} // namespace

util::Result<manifest::Tree> snapshot(const std::string &directory, const std::string &prefix,
                                      util::Progress &progress) {
    progress.phase("Reading " + util::printable(directory), 0);
    MDR_TRY_ASSIGN(const auto info, status(directory));
    if (!S_ISDIR(info.stx_mode))
        return util::fail(util::printable(directory) + " is not a directory");
    Walk walk(info, progress);
    MDR_TRY(walk.directory(directory, prefix, info));
    std::sort(walk.tree.begin(), walk.tree.end(),
              [](const manifest::Node &a, const manifest::Node &b) { return a.path < b.path; });
    return std::move(walk.tree);
}

} // namespace mdrescue::payload
