// SPDX-License-Identifier: GPL-3.0-or-later
#include "payload/firmware.h"

#include "payload/elf.h"
#include "payload/files.h"
#include "util/text.h"

#include <archive.h>
#include <archive_entry.h>
#include <array>
#include <fmt/format.h>
#include <memory>
#include <optional>
#include <set>
#include <sys/stat.h>

namespace mdrescue::payload {

namespace {

util::Result<std::string> decompressed(const std::string &bytes, const std::string &name) {
    const std::unique_ptr<archive, int (*)(archive *)> reader(::archive_read_new(),
                                                              ::archive_read_free);
    archive *a = reader.get();
    ::archive_read_support_filter_xz(a);
    ::archive_read_support_filter_zstd(a);
    ::archive_read_support_filter_gzip(a);
    ::archive_read_support_format_raw(a);
    archive_entry *entry = nullptr;
    bool good = ::archive_read_open_memory(a, bytes.data(), bytes.size()) == ARCHIVE_OK &&
                ::archive_read_next_header(a, &entry) == ARCHIVE_OK;
    std::string out;
    std::array<char, 65536> buffer{};
    while (good) {
        const la_ssize_t got = ::archive_read_data(a, buffer.data(), buffer.size());
        good = got >= 0;
        if (got <= 0)
            break;
        out.append(buffer.data(), static_cast<std::size_t>(got));
    }
    if (!good)
        return util::fail(fmt::format(
            "cannot decompress {}: {}", util::printable(name),
            ::archive_error_string(a) != nullptr ? ::archive_error_string(a) : "unknown format"));
    return out;
}

bool is_file(const std::string &path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

/// A name out of a module must not lead out of the firmware directory.
bool is_inside(const std::string &name) {
    if (name.empty() || name.front() == '/')
        return false;
    for (const auto part : util::split(name, '/'))
        if (part == "..")
            return false;
    return true;
}

std::optional<FirmwareFile> find_firmware(const std::string &root,
                                          const std::vector<std::string> &directories,
                                          const std::string &name) {
    for (const auto &directory : directories)
        for (const char *suffix : {"", ".zst", ".xz"}) {
            const auto file = resolved(root, directory + "/" + name + suffix);
            if (file && is_file(below(root, *file)))
                return FirmwareFile{name + suffix, below(root, *file)};
        }
    return std::nullopt;
}

} // namespace

util::Result<std::vector<std::string>> firmware_names(const std::string &module) {
    MDR_TRY_ASSIGN(std::string bytes, read_whole_file(module));
    if (!module.ends_with(".ko")) {
        MDR_TRY_ASSIGN(bytes, decompressed(bytes, module));
    }
    const auto section = elf_section(bytes, ".modinfo");
    if (!section)
        return util::with_context(util::printable(module), section.error());
    std::vector<std::string> names;
    if (!*section)
        return names;
    constexpr std::string_view key = "firmware=";
    for (const auto record : util::split(**section, '\0'))
        if (record.starts_with(key))
            names.emplace_back(record.substr(key.size()));
    return names;
}

std::vector<FirmwareFile> installed_firmware(const std::string &root,
                                             const std::string &kernel_version,
                                             const std::vector<std::string> &names) {
    const std::string base = "/lib/firmware";
    const std::vector<std::string> directories{
        base + "/updates/" + kernel_version, base + "/updates", base + "/" + kernel_version, base};
    std::vector<FirmwareFile> files;
    for (const auto &name : std::set<std::string>(names.begin(), names.end()))
        if (is_inside(name))
            if (auto file = find_firmware(root, directories, name))
                files.push_back(std::move(*file));
    return files;
}

} // namespace mdrescue::payload
