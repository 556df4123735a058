// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/image_output.h"

#include "util/text.h"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <utility>

namespace mdrescue::media {
namespace {

std::string directory_of(const std::string &output) {
    const std::filesystem::path parent = std::filesystem::path(output).parent_path();
    return parent.empty() ? "." : parent.string();
}

/// What stands under the name already.
util::Result<void> check_existing(const std::string &output, bool replace) {
    const std::string shown = util::printable(output);
    struct stat status {};
    if (lstat(output.c_str(), &status) != 0)
        return errno == ENOENT ? util::Result<void>{} : util::fail_errno(shown, errno);
    if (S_ISDIR(status.st_mode))
        return util::fail(shown + " is a directory",
                          fmt::format("Name a file in it: -o {}/bootcd.iso", shown));
    if (S_ISBLK(status.st_mode) || S_ISCHR(status.st_mode))
        return util::fail(shown + " is a device, and build never writes to one",
                          "Build into a file first, then write that to the device.");
    if (!S_ISREG(status.st_mode))
        return util::fail(shown + " exists and is not a regular file",
                          "Name another output with -o.");
    if (!replace)
        return util::fail(shown + " exists already",
                          "Give --force to replace it, or another name with -o.");
    return {};
}

} // namespace

util::Result<void> check_output(const std::string &output, bool replace) {
    if (output.empty())
        return util::fail("the name of the image is empty", "Name a file: -o bootcd.iso");
    MDR_TRY(check_existing(output, replace));
    const std::string directory = directory_of(output);
    if (access(directory.c_str(), W_OK | X_OK) != 0)
        return util::fail_errno("cannot write into " + util::printable(directory), errno);
    return {};
}

OutputFile::OutputFile(int descriptor, std::string temporary, std::string output, bool replace)
    : descriptor_(descriptor), temporary_(std::move(temporary)), output_(std::move(output)),
      replace_(replace) {}

OutputFile::OutputFile(OutputFile &&other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      temporary_(std::exchange(other.temporary_, {})), output_(std::move(other.output_)),
      replace_(other.replace_), expected_(other.expected_) {}

OutputFile::~OutputFile() {
    if (descriptor_ >= 0)
        close(descriptor_);
    if (!temporary_.empty())
        unlink(temporary_.c_str());
}

util::Result<OutputFile> OutputFile::create(const std::string &output, bool replace) {
    MDR_TRY(check_output(output, replace));
    const std::filesystem::path path(output);
    std::string temporary =
        fmt::format("{}/.{}.XXXXXX", directory_of(output), path.filename().string().substr(0, 200));
    // mkostemp opens with O_EXCL and mode 0600 (mkstemp(3)).
    const int descriptor = mkostemp(temporary.data(), O_CLOEXEC);
    if (descriptor < 0)
        return util::fail_errno(
            fmt::format("cannot create a file in {}", util::printable(directory_of(output))),
            errno);
    return OutputFile(descriptor, std::move(temporary), output, replace);
}

tl::unexpected<util::Error> OutputFile::write_error(int error) const {
    const std::string what = fmt::format("cannot write {}", util::printable(output_));
    if (error != ENOSPC && error != EDQUOT && error != EFBIG)
        return util::fail_errno(what, error);
    auto failure = util::fail_errno(what, error);
    failure.value().message += fmt::format(" (the image needs {} bytes)", expected_);
    failure.value().hint = "Free some space there or name an output on another filesystem.";
    return failure;
}

util::Result<void> OutputFile::expect(std::uint64_t bytes) {
    expected_ = bytes;
    struct statvfs room {};
    if (fstatvfs(descriptor_, &room) != 0)
        return {}; // then the writing itself will tell
    const std::uint64_t free = (geteuid() == 0 ? room.f_bfree : room.f_bavail) * room.f_frsize;
    if (free < bytes)
        return util::fail(
            fmt::format("the image needs {} bytes, but the filesystem of {} has only {} free",
                        bytes, util::printable(output_), free),
            "Free some space there or name an output on another filesystem.");
    return {};
}

util::Result<void> OutputFile::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return write_error(errno);
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

util::Result<void> OutputFile::write_at(std::uint64_t offset, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written =
            pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return write_error(errno);
        bytes.remove_prefix(static_cast<std::size_t>(written));
        offset += static_cast<std::uint64_t>(written);
    }
    return {};
}

util::Result<void> OutputFile::rename_into_place() {
    // Without `replace` a file that appeared meanwhile must not be lost; filesystems that cannot
    // promise that (renameat2(2): EINVAL) get the check again and a small window.
    if (!replace_) {
        if (renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, output_.c_str(), RENAME_NOREPLACE) ==
            0)
            return {};
        if (errno != EINVAL && errno != ENOSYS)
            return util::fail_errno(util::printable(output_), errno);
    }
    MDR_TRY(check_existing(output_, replace_));
    if (rename(temporary_.c_str(), output_.c_str()) != 0)
        return util::fail_errno(util::printable(output_), errno);
    return {};
}

util::Result<void> OutputFile::settle() {
    if (fsync(descriptor_) != 0)
        return write_error(errno);
    // A filesystem in memory has nothing else to read from: no error.
    static_cast<void>(posix_fadvise(descriptor_, 0, 0, POSIX_FADV_DONTNEED));
    return {};
}

util::Result<void> OutputFile::commit() {
    if (fsync(descriptor_) != 0)
        return write_error(errno);
    if (close(std::exchange(descriptor_, -1)) != 0)
        return write_error(errno);
    MDR_TRY(rename_into_place());
    temporary_.clear();
    const int directory = open(directory_of(output_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory >= 0) {
        // The file is complete in any case; a directory that cannot be synced is no reason to call
        // it failed.
        static_cast<void>(fsync(directory));
        close(directory);
    }
    return {};
}

} // namespace mdrescue::media
