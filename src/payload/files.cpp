// SPDX-License-Identifier: GPL-3.0-or-later
#include "payload/files.h"

#include "util/progress.h"
#include "util/text.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <deque>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace mdrescue::payload {

namespace {

void push_parts(std::deque<std::string> &todo, std::string_view path) {
    const auto parts = util::split(path, '/');
    for (auto part = parts.rbegin(); part != parts.rend(); ++part)
        if (!part->empty() && *part != ".")
            todo.emplace_front(*part);
}

} // namespace

util::Result<system::Descriptor> open_for_reading(const std::string &path) {
    // O_NONBLOCK: a FIFO put in the file's place must not hang us.
    system::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.get() < 0)
        return util::fail_errno("cannot read " + util::printable(path), errno);
    struct stat info {};
    if (::fstat(file.get(), &info) != 0)
        return util::fail_errno("cannot read " + util::printable(path), errno);
    if (!S_ISREG(info.st_mode))
        return util::fail("cannot read " + util::printable(path) + ": not a regular file");
    return file;
}

util::Result<void>
read_pieces(const std::string &path, std::string &buffer,
            const std::function<util::Result<void>(std::string_view piece)> &take) {
    MDR_TRY_ASSIGN(const system::Descriptor file, open_for_reading(path));
    for (;;) {
        if (util::cancel_requested)
            return util::cancelled();
        const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return util::fail_errno("cannot read " + util::printable(path), errno);
        if (got == 0)
            return {};
        MDR_TRY(take(std::string_view(buffer).substr(0, static_cast<std::size_t>(got))));
    }
}

util::Result<std::string> read_whole_file(const std::string &path) {
    std::string bytes, buffer(65536, '\0');
    MDR_TRY(read_pieces(path, buffer, [&](std::string_view piece) {
        bytes += piece;
        return util::Result<void>();
    }));
    return bytes;
}

util::Result<std::vector<std::string>> directory_names(const std::string &path) {
    const std::unique_ptr<DIR, int (*)(DIR *)> directory(::opendir(path.c_str()), ::closedir);
    if (!directory)
        return util::fail_errno("cannot read the directory " + util::printable(path), errno);
    std::vector<std::string> names;
    for (;;) {
        errno = 0;
        const dirent *entry = ::readdir(directory.get());
        if (entry == nullptr)
            break;
        const std::string name = entry->d_name;
        if (name != "." && name != "..")
            names.push_back(name);
    }
    if (errno != 0)
        return util::fail_errno("cannot read the directory " + util::printable(path), errno);
    std::sort(names.begin(), names.end());
    return names;
}

std::string below(const std::string &root, const std::string &path) {
    const auto end = root.find_last_not_of('/');
    return (end == std::string::npos ? std::string() : root.substr(0, end + 1)) + path;
}

std::optional<std::string> resolved(const std::string &root, const std::string &path) {
    constexpr int most_links = 40; // as many as the kernel follows, path_resolution(7)
    std::deque<std::string> todo;
    push_parts(todo, path);
    std::string done;
    for (int links = 0; !todo.empty();) {
        const std::string part = todo.front();
        todo.pop_front();
        if (part == "..") {
            done = directory_name(done);
            continue;
        }
        const std::string here = done + "/" + part;
        std::array<char, PATH_MAX> target{};
        const ssize_t length = ::readlink(below(root, here).c_str(), target.data(), target.size());
        if (length < 0) {
            done = here;
            continue;
        }
        if (++links > most_links)
            return std::nullopt;
        const std::string_view text(target.data(), static_cast<std::size_t>(length));
        if (text.starts_with('/'))
            done.clear();
        push_parts(todo, text);
    }
    if (::access(below(root, done).c_str(), F_OK) != 0)
        return std::nullopt;
    return done;
}

std::string base_name(const std::string &path) { return path.substr(path.rfind('/') + 1); }

std::string directory_name(const std::string &path) {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

} // namespace mdrescue::payload
