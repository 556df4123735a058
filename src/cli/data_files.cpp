// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/data_files.h"

#include <cstdlib>
#include <fmt/format.h>
#include <unistd.h>

namespace mdrescue::cli {
namespace {

std::string directory(const char *variable, const char *installed) {
    const char *value = std::getenv(variable);
    return value != nullptr && *value == '/' ? value : installed;
}

} // namespace

util::Result<DataFiles> find_data_files() {
    const std::string data = directory("MDRESCUE_DATADIR", MDRESCUE_DATADIR);
    const std::string programs = directory("MDRESCUE_LIBEXECDIR", MDRESCUE_LIBEXECDIR);
    DataFiles files{data + "/templates", data + "/grub", data + "/initramfs",
                    programs + "/mdrescue-agent",
                    directory("MDRESCUE_CACHEDIR", "/var/cache/mdrescue")};
    for (const auto &path : {files.templates, files.grub, files.initramfs, files.agent})
        if (::access(path.c_str(), R_OK) != 0)
            return util::fail(fmt::format("a part of mdrescue is missing: {}", path),
                              "Install the program again (cmake --install), or name the places by "
                              "MDRESCUE_DATADIR and MDRESCUE_LIBEXECDIR.");
    return files;
}

} // namespace mdrescue::cli
