// SPDX-License-Identifier: GPL-3.0-or-later
#include "payload/kernel.h"

#include "payload/files.h"
#include "util/text.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

namespace mdrescue::payload {

namespace {

constexpr const char *image_prefix = "vmlinuz-";

bool is_regular_file(const std::string &path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

bool is_directory(const std::string &path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

/// On this system; "" where that kernel has no modules.
std::string modules_directory(const std::string &root, const std::string &version) {
    const auto directory = resolved(root, "/lib/modules/" + version);
    if (!directory || !is_directory(below(root, *directory)))
        return {};
    return below(root, *directory);
}

/// The kernel's configuration file is the only place that tells how its initramfs may be
/// compressed.
bool unpacks_zstd(const std::string &root, const std::string &version) {
    const auto text = read_whole_file(below(root, "/boot/config-" + version));
    if (!text)
        return false;
    const auto lines = util::split(*text, '\n');
    return std::find(lines.begin(), lines.end(), "CONFIG_RD_ZSTD=y") != lines.end();
}

bool has_image(const std::string &root, const std::string &version) {
    return is_regular_file(below(root, "/boot/" + (image_prefix + version)));
}

std::string installed_text(const std::string &root) {
    const auto kernels = installed_kernels(root);
    if (kernels.empty())
        return fmt::format("No kernel is installed under {}: /boot/vmlinuz-VERSION and "
                           "/lib/modules/VERSION are both needed.",
                           util::printable(root));
    std::vector<std::string> versions;
    versions.reserve(kernels.size());
    for (const auto &kernel : kernels)
        versions.push_back(util::printable(kernel.version));
    return fmt::format("Installed are: {}. Name one with --kernel VERSION.",
                       fmt::join(versions, ", "));
}

} // namespace

std::vector<Kernel> installed_kernels(const std::string &root) {
    std::vector<Kernel> kernels;
    const auto names = directory_names(below(root, "/boot"));
    if (!names)
        return kernels;
    for (const auto &name : *names) {
        if (!name.starts_with(image_prefix))
            continue;
        const std::string version = name.substr(std::strlen(image_prefix));
        const std::string modules = modules_directory(root, version);
        if (version.empty() || modules.empty() || !has_image(root, version))
            continue;
        kernels.push_back({version, "/boot/" + name, modules, unpacks_zstd(root, version)});
    }
    std::sort(kernels.begin(), kernels.end(), [](const Kernel &a, const Kernel &b) {
        return ::strverscmp(a.version.c_str(), b.version.c_str()) < 0;
    });
    return kernels;
}

util::Result<Kernel> find_kernel(const std::string &root, const std::string &version) {
    for (auto &kernel : installed_kernels(root))
        if (kernel.version == version)
            return kernel;
    const bool plain =
        !version.empty() && version.find('/') == std::string::npos && !version.starts_with('.');
    const bool image = plain && has_image(root, version);
    const bool modules = plain && !modules_directory(root, version).empty();
    const std::string name = util::printable(version);
    if (image)
        return util::fail(
            fmt::format("kernel {} has no modules: /lib/modules/{} is missing", name, name),
            installed_text(root));
    if (modules)
        return util::fail(
            fmt::format("kernel {} has modules but no image: /boot/vmlinuz-{} is missing", name,
                        name),
            installed_text(root));
    return util::fail(fmt::format("no kernel {} is installed", name), installed_text(root));
}

} // namespace mdrescue::payload
