// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/probe.h"

#include "util/text.h"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace mdrescue::probe {
namespace {

namespace fs = std::filesystem;
using util::fail;
using util::fail_errno;
using util::Result;

/// A fact's name must stay inside the recording's directory whatever it holds.
bool safe_name(const std::string &name) {
    const fs::path path(name);
    if (name.empty() || path.is_absolute())
        return false;
    for (const fs::path &part : path)
        if (part.empty() || part == "." || part == "..")
            return false;
    return true;
}

Result<void> write_file(const fs::path &path, const std::string &bytes) {
    // Readable for the owner alone: a boot area or a configuration file can hold what others should
    // not see.
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return fail_errno(fmt::format("cannot write {}", path.string()), errno);
    std::size_t done = 0;
    int error = 0;
    while (done < bytes.size() && error == 0) {
        const ssize_t count = ::write(file, bytes.data() + done, bytes.size() - done);
        if (count >= 0)
            done += static_cast<std::size_t>(count);
        else if (errno != EINTR)
            error = errno;
    }
    if (::close(file) != 0 && error == 0)
        error = errno;
    if (error != 0)
        return fail_errno(fmt::format("cannot write {}", path.string()), error);
    return {};
}

Result<std::string> read_file(const fs::path &path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream bytes;
    bytes << file.rdbuf();
    if (!file)
        // An empty file sets failbit on `bytes`, never on `file`.
        return fail(fmt::format("cannot read {}", path.string()));
    return bytes.str();
}

} // namespace

Result<void> save(const Facts &facts, const std::string &directory) {
    std::error_code error;
    if (fs::exists(directory, error) && !fs::is_empty(directory, error))
        return fail(fmt::format("{} is not empty", directory),
                    "Name a directory that does not exist yet.");
    fs::path parent = fs::absolute(directory).lexically_normal().parent_path();
    if (directory.ends_with('/'))
        parent = parent.parent_path();
    if (!fs::is_directory(parent, error))
        return fail(fmt::format("there is no directory {}", util::printable(parent.string())));
    for (const auto &[name, bytes] : facts) {
        if (!safe_name(name))
            return fail(fmt::format("a fact's name cannot be a file's: \"{}\"", name));
        const fs::path path = fs::path(directory) / name;
        fs::create_directories(path.parent_path(), error);
        if (error)
            return fail_errno(fmt::format("cannot make {}", path.parent_path().string()),
                              error.value());
        MDR_TRY(write_file(path, bytes));
    }
    return {};
}

Result<Facts> load(const std::string &directory) {
    std::error_code error;
    fs::recursive_directory_iterator walk(directory, error);
    if (error)
        return fail_errno(fmt::format("cannot read the recording {}", directory), error.value());
    Facts facts;
    for (const fs::recursive_directory_iterator end; walk != end; walk.increment(error)) {
        if (error)
            return fail_errno(fmt::format("cannot read the recording {}", directory),
                              error.value());
        if (walk->is_directory() && !walk->is_symlink())
            continue;
        if (!walk->is_regular_file() || walk->is_symlink())
            return fail(fmt::format("{} is no regular file", walk->path().string()));
        MDR_TRY_ASSIGN(std::string bytes, read_file(walk->path()));
        facts[fs::relative(walk->path(), directory).string()] = std::move(bytes);
    }
    if (facts.empty())
        return fail(fmt::format("{} holds no recording", directory));
    return facts;
}

} // namespace mdrescue::probe
