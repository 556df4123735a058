// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/output_file.h"

#include "util/text.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mdrescue::cli {
namespace {

std::string directory_of(const std::string &path) {
    const auto parent = std::filesystem::path(path).parent_path().string();
    return parent.empty() ? "." : parent;
}

util::Result<void> write_and_sync(int file, const std::string &path, const std::string &text) {
    std::string_view rest = text;
    while (!rest.empty()) {
        const ssize_t count = ::write(file, rest.data(), rest.size());
        if (count < 0 && errno != EINTR)
            return util::fail_errno("cannot write " + path, errno);
        if (count > 0)
            rest.remove_prefix(static_cast<std::size_t>(count));
    }
    if (::fsync(file) != 0)
        return util::fail_errno("cannot write " + path, errno);
    return {};
}

} // namespace

util::Result<void> check_output(const std::string &path, bool force) {
    const std::string shown = util::printable(path);
    struct stat status {};
    if (::lstat(path.c_str(), &status) == 0) {
        if (S_ISDIR(status.st_mode))
            return util::fail(fmt::format("{} is a directory", shown),
                              "Name a file in it: -o " + shown + "/bootcd.iso");
        if (S_ISBLK(status.st_mode) || S_ISCHR(status.st_mode))
            return util::fail(fmt::format("{} is a device, and build never writes to one", shown),
                              "Build into a file first, then write that to the device.");
        if (!S_ISREG(status.st_mode))
            return util::fail(fmt::format("{} exists and is not a regular file", shown),
                              "Name another output with -o.");
        if (!force)
            return util::fail(fmt::format("{} exists already", shown),
                              "Give --force to replace it, or another name with -o.");
    }
    const std::string directory = directory_of(path);
    if (::access(directory.c_str(), W_OK | X_OK) != 0)
        return util::fail_errno(fmt::format("cannot write into {}", util::printable(directory)),
                                errno);
    return {};
}

util::Result<void> replace_file(const std::string &path, const std::string &text) {
    const std::string directory = directory_of(path);
    if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
        return util::fail_errno("cannot make the directory " + directory, errno);
    std::string temporary = path + ".XXXXXX";
    const int file = ::mkstemp(temporary.data()); // mode 0600
    if (file < 0)
        return util::fail_errno("cannot write into " + directory, errno);
    auto result = write_and_sync(file, path, text);
    ::close(file);
    if (result && ::rename(temporary.c_str(), path.c_str()) != 0)
        result = util::fail_errno("cannot write " + path, errno);
    if (!result)
        ::unlink(temporary.c_str());
    return result;
}

} // namespace mdrescue::cli
