// SPDX-License-Identifier: GPL-3.0-or-later
#include "payload/files.h"
#include "payload/initramfs.h"
#include "util/text.h"

#include <archive.h>
#include <archive_entry.h>
#include <cerrno>
#include <filesystem>
#include <fmt/format.h>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace mdrescue::payload {

namespace {

constexpr std::size_t chunk_size = 1U << 20U;

mode_t file_type(manifest::Node::Kind kind) {
    switch (kind) {
    case manifest::Node::Kind::directory: return S_IFDIR;
    case manifest::Node::Kind::file: return S_IFREG;
    case manifest::Node::Kind::symlink: return S_IFLNK;
    case manifest::Node::Kind::character_device: return S_IFCHR;
    case manifest::Node::Kind::block_device: return S_IFBLK;
    case manifest::Node::Kind::fifo: return S_IFIFO;
    }
    return S_IFREG;
}

std::uint64_t size_of(const manifest::Node &node) {
    if (node.kind != manifest::Node::Kind::file)
        return 0;
    const auto *source = std::get_if<manifest::FileSource>(&node.bytes);
    return source != nullptr ? source->size : std::get<std::string>(node.bytes).size();
}

/// Inode numbers of the archive's own, by order in the tree; hard links share one.
struct Links {
    using Key = std::pair<std::uint64_t, std::uint64_t>;

    explicit Links(const manifest::Tree &tree) {
        for (std::size_t i = 0; i < tree.size(); ++i)
            if (const auto key = key_of(tree[i]))
                groups.try_emplace(*key, Group{static_cast<std::int64_t>(i) + 1, 0})
                    .first->second.left++;
        for (auto &[key, group] : groups)
            group.count = group.left;
    }

    static std::optional<Key> key_of(const manifest::Node &node) {
        const auto *source = node.kind == manifest::Node::Kind::file
                                 ? std::get_if<manifest::FileSource>(&node.bytes)
                                 : nullptr;
        return source != nullptr && source->inode != 0
                   ? std::optional(Key(source->device, source->inode))
                   : std::nullopt;
    }

    struct Group {
        std::int64_t inode = 0;
        unsigned left = 0; ///< not written yet
        unsigned count = 0;
    };
    std::map<Key, Group> groups;
};

class Writer {
  public:
    Writer()
        : archive_(::archive_write_new(), ::archive_write_free),
          entry_(::archive_entry_new(), ::archive_entry_free) {}

    util::Result<void> open(bool zstd, const std::string &path) {
        path_ = path;
        archive *a = archive_.get();
        MDR_TRY(checked(::archive_write_set_format_cpio_newc(a)));
        MDR_TRY(checked(zstd ? ::archive_write_add_filter_zstd(a)
                             : ::archive_write_add_filter_gzip(a)));
        // A fixed number of threads: zstd cuts its input by it, and 0 ("as many as there are")
        // gives other bytes on another machine. gzip would put the present time into its header.
        MDR_TRY(checked(
            ::archive_write_set_options(a, zstd ? "zstd:compression-level=10,zstd:threads=2"
                                                : "gzip:compression-level=9,gzip:!timestamp")));
        MDR_TRY(checked(::archive_write_set_bytes_in_last_block(a, 1)));
        return checked(::archive_write_open_filename(a, path.c_str()));
    }

    util::Result<void> header(const manifest::Node &node, std::int64_t inode, unsigned links,
                              std::uint64_t size) {
        archive_entry *e = ::archive_entry_clear(entry_.get());
        ::archive_entry_set_pathname(e, node.path.c_str());
        ::archive_entry_set_mode(e, file_type(node.kind) | node.mode);
        ::archive_entry_set_uid(e, node.uid);
        ::archive_entry_set_gid(e, node.gid);
        ::archive_entry_set_mtime(e, static_cast<time_t>(node.mtime), 0);
        ::archive_entry_set_dev(e, 0);
        ::archive_entry_set_ino64(e, inode);
        ::archive_entry_set_nlink(e, links);
        ::archive_entry_set_size(e, static_cast<la_int64_t>(size)); // wanted for directories too
        if (node.kind == manifest::Node::Kind::symlink)
            ::archive_entry_set_symlink(e, node.target.c_str());
        if (node.kind == manifest::Node::Kind::character_device ||
            node.kind == manifest::Node::Kind::block_device) {
            ::archive_entry_set_rdevmajor(e, major(node.rdev));
            ::archive_entry_set_rdevminor(e, minor(node.rdev));
        }
        return checked(::archive_write_header(archive_.get(), e));
    }

    util::Result<void> data(const char *bytes, std::size_t length) {
        while (length > 0) {
            const la_ssize_t written = ::archive_write_data(archive_.get(), bytes, length);
            if (written <= 0)
                return failed();
            bytes += written;
            length -= static_cast<std::size_t>(written);
        }
        return {};
    }

    util::Result<void> close() { return checked(::archive_write_close(archive_.get())); }

  private:
    /// A warning counts as a failure: what libarchive wrote is then not what was asked for.
    util::Result<void> checked(int result) {
        if (result == ARCHIVE_OK)
            return {};
        return failed();
    }

    util::Result<void> failed() {
        const std::string what = "cannot write " + util::printable(path_);
        if (const int reason = ::archive_errno(archive_.get()); reason == ENOSPC)
            return util::fail(util::fail_errno(what, reason).value().message,
                              "Free some space there, or name another place by TMPDIR.");
        const char *reason = ::archive_error_string(archive_.get());
        return util::fail(
            fmt::format("{}: {}", what, reason != nullptr ? reason : "unknown error"));
    }

    std::unique_ptr<archive, int (*)(archive *)> archive_;
    std::unique_ptr<archive_entry, void (*)(archive_entry *)> entry_;
    std::string path_;
};

class TreeWriter {
  public:
    TreeWriter(Writer &writer, util::Progress &progress)
        : writer_(writer), progress_(progress), buffer_(chunk_size, '\0') {}

    util::Result<void> write(const manifest::Tree &tree) {
        Links links(tree);
        for (std::size_t i = 0; i < tree.size(); ++i) {
            const manifest::Node &node = tree[i];
            const auto key = Links::key_of(node);
            std::int64_t inode = static_cast<std::int64_t>(i) + 1;
            unsigned count = node.kind == manifest::Node::Kind::directory ? 2 : 1;
            bool carries_bytes = true;
            if (key) {
                auto &group = links.groups.at(*key);
                inode = group.inode;
                count = group.count;
                carries_bytes = --group.left == 0; // newc: the last of the links carries the bytes
            }
            const std::uint64_t size = carries_bytes ? size_of(node) : 0;
            MDR_TRY(writer_.header(node, inode, count, size));
            if (size > 0)
                MDR_TRY(write_bytes(node));
            progress_.advance(done_);
        }
        return {};
    }

  private:
    util::Result<void> write_bytes(const manifest::Node &node) {
        if (const auto *text = std::get_if<std::string>(&node.bytes)) {
            done_ += text->size();
            return writer_.data(text->data(), text->size());
        }
        const auto &source = std::get<manifest::FileSource>(node.bytes);
        std::uint64_t left = source.size;
        const auto write_piece = [&](std::string_view piece) -> util::Result<void> {
            if (piece.size() > left)
                return changed(source);
            MDR_TRY(writer_.data(piece.data(), piece.size()));
            left -= piece.size();
            done_ += piece.size();
            progress_.advance(done_);
            return {};
        };
        MDR_TRY(read_pieces(source.path, buffer_, write_piece));
        return left == 0 ? util::Result<void>() : changed(source);
    }

    static util::Result<void> changed(const manifest::FileSource &source) {
        return util::fail(fmt::format("{} changed while it was read", util::printable(source.path)),
                          "Run the build again.");
    }

    Writer &writer_;
    util::Progress &progress_;
    std::string buffer_;
    std::uint64_t done_ = 0;
};

util::Result<void> write_all(const manifest::Tree &tree, bool zstd, const std::string &path,
                             util::Progress &progress) {
    Writer writer;
    MDR_TRY(writer.open(zstd, path));
    MDR_TRY(TreeWriter(writer, progress).write(tree));
    return writer.close();
}

} // namespace

util::Result<void> write_archive(const manifest::Tree &tree, bool zstd, const std::string &path,
                                 util::Progress &progress) {
    std::uint64_t total = 0;
    std::set<Links::Key> seen;
    for (const auto &node : tree)
        if (const auto key = Links::key_of(node); !key || seen.insert(*key).second)
            total += size_of(node);
    progress.phase("Compressing the rescue system", total);
    auto result = write_all(tree, zstd, path, progress);
    std::error_code unseen;
    if (!result && std::filesystem::is_regular_file(path, unseen)) // a device is not ours to remove
        ::unlink(path.c_str());
    return result;
}

} // namespace mdrescue::payload
