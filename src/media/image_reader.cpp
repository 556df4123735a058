// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/image_reader.h"

#include "manifest/image_digest.h"
#include "manifest/image_sums.h"
#include "media/iso_boot.h"
#include "media/iso_boot_catalog.h"
#include "media/iso_reader.h"
#include "profile/profile.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>
#include <thread>

namespace mdrescue::media {
namespace {

constexpr std::string_view profile_path = "mdrescue/machine.json";
/// Files that are read into memory whole: texts and the profile.
constexpr std::uint64_t text_limit = 256U << 20U;
constexpr std::size_t chunk_size = 4U << 20U;
constexpr std::string_view outside_files = "volume descriptors or boot records";

util::Result<std::string> read_named(const IsoReader &reader,
                                     const std::map<std::string, IsoFileEntry> &files,
                                     const std::string &name) {
    const auto file = files.find(name);
    if (file == files.end())
        return util::fail(fmt::format("there is no file {} on the image", util::printable(name)));
    return reader.read(file->second, text_limit);
}

/// Both digests in one pass over the bytes.
struct Digests {
    std::string field; ///< with the digest field as zeros
    std::string plain; ///< of the bytes as they lie there
};

util::Result<Digests> read_all(const IsoReader &reader, util::Progress &progress) {
    const std::uint64_t total = reader.digest_field().bytes;
    progress.phase("Verifying the image", total);
    manifest::ImageDigest field;
    util::Sha256 plain;
    std::vector<char> buffer(std::min<std::uint64_t>(chunk_size, total));
    for (std::uint64_t done = 0; done < total;) {
        if (util::cancel_requested)
            return util::cancelled();
        const std::size_t length = std::min<std::uint64_t>(buffer.size(), total - done);
        MDR_TRY(reader.read_at(done, buffer.data(), length));
        const std::string_view chunk(buffer.data(), length);
        // Hashing takes longer than reading from memory or a quick disk, so the second one gets its
        // own core.
        std::thread other([&] { plain.update(chunk); });
        field.update(chunk);
        other.join();
        done += length;
        progress.advance(done);
    }
    return Digests{field.finish(), plain.finish()};
}

util::Result<std::string> file_digest(const IsoReader &reader, const IsoFileEntry &file) {
    util::Sha256 digest;
    std::vector<char> buffer(std::min<std::uint64_t>(chunk_size, file.size));
    for (const Extent &extent : file.extents) {
        for (std::uint64_t done = 0; done < extent.size;) {
            if (util::cancel_requested)
                return util::cancelled();
            const std::size_t length = std::min<std::uint64_t>(buffer.size(), extent.size - done);
            MDR_TRY(reader.read_at(extent.offset + done, buffer.data(), length));
            digest.update({buffer.data(), length});
            done += length;
        }
    }
    return digest.finish();
}

/// SHA256SUMS, when it is the one that was written. The digest field is no part of what the image
/// digest covers, so it is held against the image here.
util::Result<std::string> trusted_sums(const IsoReader &reader,
                                       const std::map<std::string, IsoFileEntry> &files) {
    MDR_TRY_ASSIGN(std::string text, read_named(reader, files, std::string(manifest::sums_path)));
    const std::string &recorded = reader.digest_field().sums;
    if (!recorded.empty() && util::sha256(text) != recorded)
        return util::fail(fmt::format("{} is damaged", manifest::sums_path));
    return text;
}

/// Which files are not as SHA256SUMS says, once it is known that something is wrong.
util::Result<std::vector<std::string>> damaged_files(const IsoReader &reader,
                                                     util::Progress &progress) {
    progress.phase("Looking for the damaged files", 0);
    const auto files = reader.files();
    if (!files)
        return std::vector<std::string>{"directories"};
    const auto sums = trusted_sums(reader, *files).and_then([](const std::string &text) {
        return manifest::parse_sums(text);
    });
    if (!sums)
        return std::vector<std::string>{std::string(manifest::sums_path)};
    std::vector<std::string> damaged;
    for (const auto &[path, digest] : *sums) {
        const auto file = files->find(path);
        if (file != files->end()) {
            MDR_TRY_ASSIGN(const std::string found, file_digest(reader, file->second));
            if (found == digest)
                continue;
        }
        damaged.push_back(path);
    }
    if (damaged.empty())
        damaged.emplace_back(outside_files);
    return damaged;
}

util::Result<void> fill_boot(const IsoReader &reader, ImageInfo &info) {
    MDR_TRY_ASSIGN(const auto entries, read_boot_catalog(reader));
    for (const BootEntryRecord &entry : entries) {
        info.bios |= entry.bootable && entry.platform == 0;
        info.uefi |= entry.bootable && entry.platform == 0xef;
        info.secure_boot |=
            entry.bootable && entry.platform == 0xef && entry.id == secure_boot_mark;
    }
    return {};
}

util::Result<ImageInfo> read_info(const IsoReader &reader, const std::string &path) {
    ImageInfo info;
    info.path = path;
    info.size = reader.digest_field().bytes;
    info.volume_id = reader.volume_id();
    MDR_TRY(fill_boot(reader, info));
    MDR_TRY_ASSIGN(const auto files, reader.files());
    for (const auto &[name, file] : files)
        info.files.push_back({name, file.size});
    MDR_TRY_ASSIGN(const std::string json, read_named(reader, files, std::string(profile_path)));
    MDR_TRY_ASSIGN(info.profile, profile::from_json(json));
    return info;
}

} // namespace

util::Result<ImageInfo> read_image(const std::string &path) {
    MDR_TRY_ASSIGN(const IsoReader reader, IsoReader::open(path));
    auto info = read_info(reader, path);
    if (!info)
        return util::with_context(util::printable(path), std::move(info.error()));
    return info;
}

util::Result<std::string> read_image_file(const std::string &path, const std::string &file) {
    MDR_TRY_ASSIGN(const IsoReader reader, IsoReader::open(path));
    MDR_TRY_ASSIGN(const auto files, reader.files());
    auto bytes = read_named(reader, files, file);
    if (!bytes)
        return util::with_context(util::printable(path), std::move(bytes.error()));
    return bytes;
}

util::Result<std::map<std::string, std::string>> read_image_sums(const std::string &path) {
    MDR_TRY_ASSIGN(const IsoReader reader, IsoReader::open(path));
    MDR_TRY_ASSIGN(const auto files, reader.files());
    auto sums = trusted_sums(reader, files).and_then([](const std::string &text) {
        return manifest::parse_sums(text);
    });
    if (!sums)
        return util::with_context(util::printable(path), std::move(sums.error()));
    return sums;
}

util::Result<Verification> verify_image(const std::string &path, util::Progress &progress) {
    MDR_TRY_ASSIGN(const IsoReader reader, IsoReader::open(path));
    MDR_TRY_ASSIGN(const Digests digests, read_all(reader, progress));
    Verification result;
    result.bytes = reader.digest_field().bytes;
    result.digest = digests.plain;
    if (digests.field == reader.digest_field().sha256) {
        MDR_TRY_ASSIGN(const auto files, reader.files());
        result.sound = trusted_sums(reader, files).has_value();
    }
    if (result.sound)
        return result;
    MDR_TRY_ASSIGN(result.damaged, damaged_files(reader, progress));
    return result;
}

} // namespace mdrescue::media
