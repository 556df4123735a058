// SPDX-License-Identifier: GPL-3.0-or-later
#include "payload/archive_cache.h"

#include "payload/files.h"
#include "util/digest.h"
#include "util/text.h"

#include <algorithm>
#include <archive.h>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace mdrescue::payload {

namespace {

constexpr const char *name_prefix = "initramfs-";
constexpr std::size_t kept_archives = 4;
constexpr mode_t private_mode = 0600; ///< like the image itself

void add_field(util::Sha256 &digest, std::string_view bytes) {
    digest.update(std::to_string(bytes.size()) + ":");
    digest.update(bytes);
}

util::Result<void> add_source(util::Sha256 &digest, const manifest::FileSource &source) {
    struct stat info {};
    if (::stat(source.path.c_str(), &info) != 0)
        return util::fail_errno("cannot read " + util::printable(source.path), errno);
    add_field(digest, source.path);
    // Not st_dev: it may be another one after a reboot.
    add_field(digest, fmt::format("{} {} {} {}.{} {}.{} {}", source.size, info.st_size, info.st_ino,
                                  info.st_mtim.tv_sec, info.st_mtim.tv_nsec, info.st_ctim.tv_sec,
                                  info.st_ctim.tv_nsec, source.inode));
    return {};
}

util::Result<void> write_all(int file, std::string_view left, const std::string &to) {
    while (!left.empty()) {
        const ssize_t put = ::write(file, left.data(), left.size());
        if (put < 0 && errno != EINTR)
            return util::fail_errno("cannot write " + util::printable(to), errno);
        left.remove_prefix(put > 0 ? static_cast<std::size_t>(put) : 0);
    }
    return {};
}

/// Writes all, syncs and closes; digest of what was written.
util::Result<std::string> copy_file(const std::string &from, const std::string &to) {
    const system::Descriptor out(
        ::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, private_mode));
    if (out.get() < 0)
        return util::fail_errno("cannot write " + util::printable(to), errno);
    util::Sha256 digest;
    std::string buffer(1U << 20U, '\0');
    MDR_TRY(read_pieces(from, buffer, [&](std::string_view piece) {
        digest.update(piece);
        return write_all(out.get(), piece, to);
    }));
    if (::fsync(out.get()) != 0)
        return util::fail_errno("cannot write " + util::printable(to), errno);
    return digest.finish();
}

/// Names of the archives in the directory that can be read, oldest first.
std::vector<std::string> archives(const std::string &directory) {
    std::vector<std::pair<std::int64_t, std::string>> found;
    for (const auto &name : directory_names(directory).value_or(std::vector<std::string>())) {
        struct stat info {};
        const std::string path = directory + "/" + name;
        if (name.starts_with(name_prefix) && ::access(path.c_str(), R_OK) == 0 &&
            ::stat(path.c_str(), &info) == 0)
            found.emplace_back(info.st_mtim.tv_sec * 1000000000 + info.st_mtim.tv_nsec, name);
    }
    std::sort(found.begin(), found.end());
    std::vector<std::string> names;
    names.reserve(found.size());
    for (auto &[time, name] : found)
        names.push_back(std::move(name));
    return names;
}

/// Asked once: libarchive makes a new text for each call and forgets the last one.
const std::string &library_versions() {
    static const std::string versions = ::archive_version_details();
    return versions;
}

} // namespace

util::Result<std::string> archive_key(const manifest::Tree &tree, bool zstd) {
    util::Sha256 digest;
    add_field(digest, library_versions());
    add_field(digest, zstd ? "zstd 10" : "gzip 9");
    for (const auto &node : tree) {
        add_field(digest, node.path);
        add_field(digest, fmt::format("{} {} {} {} {} {}", static_cast<int>(node.kind), node.mode,
                                      node.uid, node.gid, node.mtime, node.rdev));
        add_field(digest, node.target);
        if (const auto *text = std::get_if<std::string>(&node.bytes))
            add_field(digest, *text);
        else
            MDR_TRY(add_source(digest, std::get<manifest::FileSource>(node.bytes)));
    }
    return digest.finish();
}

util::Result<bool> fetch_archive(const std::string &directory, const std::string &key,
                                 const std::string &output) {
    const std::string wanted = name_prefix + key + "-";
    for (const auto &name : archives(directory)) {
        if (!name.starts_with(wanted))
            continue;
        const std::string path = directory + "/" + name;
        MDR_TRY_ASSIGN(const std::string digest, copy_file(path, output));
        if (digest == name.substr(wanted.size())) {
            ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0); // used last, so kept longest
            return true;
        }
        ::unlink(path.c_str());
        ::unlink(output.c_str());
    }
    return false;
}

util::Result<void> store_archive(const std::string &directory, const std::string &key,
                                 const std::string &archive) {
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error)
        return util::fail_errno("cannot make the directory " + util::printable(directory),
                                error.value());
    const std::string temporary = fmt::format("{}/.new-{}", directory, ::getpid());
    auto digest = copy_file(archive, temporary);
    if (!digest) {
        ::unlink(temporary.c_str());
        return tl::unexpected(digest.error());
    }
    const std::string path = directory + "/" + name_prefix + key + "-" + *digest;
    if (::rename(temporary.c_str(), path.c_str()) != 0) {
        const int reason = errno;
        ::unlink(temporary.c_str());
        return util::fail_errno("cannot write " + util::printable(path), reason);
    }
    const auto all = archives(directory);
    for (std::size_t i = 0; i + kept_archives < all.size(); ++i)
        ::unlink((directory + "/" + all[i]).c_str());
    return {};
}

} // namespace mdrescue::payload
