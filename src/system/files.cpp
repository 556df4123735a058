// SPDX-License-Identifier: GPL-3.0-or-later
#include "system/files.h"

#include "system/descriptor.h"
#include "util/text.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <fmt/format.h>
#include <ftw.h>
#include <optional>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>

namespace mdrescue::system {
namespace {

using util::fail;
using util::fail_errno;
using util::Result;

Result<void> write_all(int file, std::string_view bytes, const std::string &path) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(file, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return fail_errno(fmt::format("cannot write to {}", util::printable(path)), errno);
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
}

Result<void> sync_directory_of(const std::string &path) {
    const std::string directory = path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
    const Descriptor file(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return checked(file.get() < 0 ? -1 : ::fsync(file.get()), "write out the directory", directory);
}

std::map<std::string, std::string> xattrs_of(const std::string &path) {
    std::map<std::string, std::string> found;
    std::string names(65536, '\0');
    const ssize_t length = ::llistxattr(path.c_str(), names.data(), names.size());
    if (length <= 0)
        return found;
    names.resize(static_cast<std::size_t>(length));
    for (std::size_t at = 0; at < names.size(); at = names.find('\0', at) + 1) {
        const std::string name = names.c_str() + at;
        std::string value(65536, '\0');
        const ssize_t size = ::lgetxattr(path.c_str(), name.c_str(), value.data(), value.size());
        if (size >= 0)
            found[name] = value.substr(0, static_cast<std::size_t>(size));
    }
    return found;
}

/// What the file that is replaced had, without its time.
Attributes attributes_of(const struct stat &info, const std::string &path) {
    return {info.st_mode & 07777U, info.st_uid, info.st_gid, 0, 0, xattrs_of(path)};
}

Result<void> set_owner_mode_xattrs(const std::string &path, const Attributes &attributes,
                                   bool symlink) {
    MDR_TRY(
        checked(::lchown(path.c_str(), attributes.uid, attributes.gid), "set the owner of", path));
    // After the owner: chown(2) clears the setuid and setgid bits.
    if (!symlink)
        MDR_TRY(checked(::chmod(path.c_str(), attributes.mode), "set the mode of", path));
    for (const auto &[name, value] : attributes.xattrs)
        MDR_TRY(checked(::lsetxattr(path.c_str(), name.c_str(), value.data(), value.size(), 0),
                        "set an extended attribute of", path));
    return {};
}

Result<void> fill(int file, const std::string &path, const std::string &bytes,
                  const Attributes &attributes) {
    MDR_TRY(write_all(file, bytes, path));
    MDR_TRY(set_owner_mode_xattrs(path, attributes, false));
    return checked(::fsync(file), "write out", path);
}

int remove_one(const char *path, const struct stat * /*info*/, int /*kind*/, FTW * /*place*/) {
    return ::remove(path);
}

} // namespace

Result<void> checked(int result, const char *what, const std::string &path) {
    if (result < 0)
        return fail_errno(fmt::format("cannot {} {}", what, util::printable(path)), errno);
    return {};
}

Result<std::size_t> read_up_to(int file, const std::string &path, std::uint64_t offset,
                               char *buffer, std::size_t length) {
    std::size_t done = 0;
    while (done < length) {
        const std::uint64_t at = offset + done;
        const ssize_t count = ::pread(file, buffer + done, length - done, static_cast<off_t>(at));
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return fail_errno(fmt::format("cannot read {} at byte {}", util::printable(path), at),
                              errno);
        if (count == 0)
            break;
        done += static_cast<std::size_t>(count);
    }
    return done;
}

Result<void> read_exactly(int file, const std::string &path, std::uint64_t offset, char *buffer,
                          std::size_t length) {
    MDR_TRY_ASSIGN(const std::size_t count, read_up_to(file, path, offset, buffer, length));
    if (count < length)
        return fail(fmt::format("{} ends at byte {}", util::printable(path), offset + count));
    return {};
}

Result<void> write_device(const std::string &path, std::uint64_t offset, const std::string &bytes,
                          Claim claim) {
    const int exclusive = claim == Claim::exclusive ? O_EXCL : 0;
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | exclusive));
    struct stat info {};
    MDR_TRY(checked(file.get() < 0 ? -1 : ::fstat(file.get(), &info), "open for writing", path));
    if (!S_ISBLK(info.st_mode))
        return fail(
            fmt::format("{} is no block device: nothing was written", util::printable(path)));
    std::uint64_t size = 0;
    MDR_TRY(checked(::ioctl(file.get(), BLKGETSIZE64, &size), "ask the size of", path));
    if (offset > size || bytes.size() > size - offset)
        return fail(fmt::format("{} has {} bytes: nothing was written at byte {}",
                                util::printable(path), size, offset));
    MDR_TRY(checked(::lseek(file.get(), static_cast<off_t>(offset), SEEK_SET) < 0 ? -1 : 0,
                    "seek in", path));
    MDR_TRY(write_all(file.get(), bytes, path));
    return checked(::fsync(file.get()), "write out", path);
}

Result<void> replace_file(const std::string &path, const std::string &bytes, std::uint32_t mode) {
    Attributes attributes{.mode = mode};
    struct stat info {};
    if (::lstat(path.c_str(), &info) == 0) {
        if (!S_ISREG(info.st_mode))
            return fail(
                fmt::format("{} is no regular file: it was left as it is", util::printable(path)));
        attributes = attributes_of(info, path);
    }
    std::string temporary = path + ".mdrescue-XXXXXX";
    const Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
    MDR_TRY(checked(file.get(), "make a temporary file beside", path));
    auto result = fill(file.get(), temporary, bytes, attributes);
    if (result)
        result = checked(::rename(temporary.c_str(), path.c_str()), "replace", path);
    if (!result) {
        ::unlink(temporary.c_str());
        return result;
    }
    return sync_directory_of(path);
}

Result<void> append_file(const std::string &path, const std::string &bytes) {
    const Descriptor file(
        ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    MDR_TRY(checked(file.get(), "open", path));
    MDR_TRY(write_all(file.get(), bytes, path));
    return checked(::fsync(file.get()), "write out", path);
}

Result<void> copy_file(const std::string &source, const std::string &target) {
    const Descriptor from(::open(source.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    MDR_TRY(checked(from.get(), "read", source));
    const Descriptor to(
        ::open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    MDR_TRY(checked(to.get(), "make", target));
    std::string buffer(1U << 20U, '\0');
    for (;;) {
        const ssize_t count = ::read(from.get(), buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return fail_errno(fmt::format("cannot read {}", util::printable(source)), errno);
        if (count == 0)
            break;
        MDR_TRY(write_all(
            to.get(), std::string_view(buffer).substr(0, static_cast<std::size_t>(count)), target));
    }
    return checked(::fsync(to.get()), "write out", target);
}

Result<void> set_attributes(const std::string &path, const Attributes &attributes, bool symlink) {
    MDR_TRY(set_owner_mode_xattrs(path, attributes, symlink));
    const timespec time{attributes.mtime, static_cast<long>(attributes.mtime_nsec)};
    const std::array<timespec, 2> times{time, time};
    return checked(::utimensat(AT_FDCWD, path.c_str(), times.data(), AT_SYMLINK_NOFOLLOW),
                   "set the time of", path);
}

Result<std::optional<FileInfo>> look(const std::string &path) {
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0)
        return errno == ENOENT
                   ? Result<std::optional<FileInfo>>(std::nullopt)
                   : fail_errno(fmt::format("cannot look at {}", util::printable(path)), errno);
    FileInfo found;
    found.type = info.st_mode & S_IFMT;
    found.size = static_cast<std::uint64_t>(info.st_size);
    found.rdev = info.st_rdev;
    found.inode = info.st_ino;
    found.attributes = attributes_of(info, path);
    found.attributes.mtime = info.st_mtim.tv_sec;
    found.attributes.mtime_nsec = static_cast<std::uint32_t>(info.st_mtim.tv_nsec);
    return found;
}

Result<std::uint64_t> free_space(const std::string &path) {
    struct statvfs info {};
    MDR_TRY(checked(::statvfs(path.c_str(), &info), "ask the free space of", path));
    return static_cast<std::uint64_t>(info.f_bfree) * info.f_frsize;
}

Result<void> remove(const std::string &path) {
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0)
        return errno == ENOENT
                   ? Result<void>{}
                   : fail_errno(fmt::format("cannot remove {}", util::printable(path)), errno);
    constexpr int open_directories = 16;
    return checked(
        ::nftw(path.c_str(), remove_one, open_directories, FTW_DEPTH | FTW_PHYS | FTW_MOUNT),
        "remove", path);
}

} // namespace mdrescue::system
