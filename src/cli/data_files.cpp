// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/data_files.h"

#include "util/text.h"

#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <unistd.h>

namespace mdrescue::cli {
namespace {

/// Named in the environment; else beside the program, wherever it was installed; else where it was
/// to be installed.
std::string directory(const char *variable, const std::filesystem::path &beside,
                      const char *installed) {
    const char *named = std::getenv(variable);
    if (named != nullptr && *named == '/')
        return named;
    std::error_code error;
    return std::filesystem::is_directory(beside, error) ? beside.lexically_normal().string()
                                                        : installed;
}

} // namespace

std::string own_program() {
    std::error_code error;
    return std::filesystem::read_symlink("/proc/self/exe", error).string();
}

util::Result<DataFiles> find_data_files(const std::string &program) {
    const auto place = std::filesystem::path(program).parent_path();
    const std::string data =
        directory("MDRESCUE_DATADIR", place / MDRESCUE_DATA_FROM_PROGRAM, MDRESCUE_DATADIR);
    const std::string programs = directory(
        "MDRESCUE_LIBEXECDIR", place / MDRESCUE_PROGRAMS_FROM_PROGRAM, MDRESCUE_LIBEXECDIR);
    DataFiles files{data + "/templates", data + "/grub", data + "/initramfs",
                    programs + "/mdrescue-agent",
                    directory("MDRESCUE_CACHEDIR", "", "/var/cache/mdrescue")};
    for (const auto &path : {files.templates, files.grub, files.initramfs, files.agent})
        if (::access(path.c_str(), R_OK) != 0)
            return util::fail(
                fmt::format("a part of mdrescue is missing: {}", util::printable(path)),
                "Install the program again (cmake --install), or name the places by "
                "MDRESCUE_DATADIR and MDRESCUE_LIBEXECDIR.");
    return files;
}

} // namespace mdrescue::cli
