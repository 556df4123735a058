// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/iso_reader.h"

#include "manifest/kept_table.h"
#include "media/iso_libisofs.h"
#include "media/iso_library.h"
#include "system/files.h"
#include "util/text.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace mdrescue::media {
namespace {

constexpr std::uint64_t block_size = 2048;
// Fields of the primary volume descriptor: ECMA-119, 8.4.
constexpr std::size_t volume_id_at = 40, preparer_at = 446;
constexpr std::string_view descriptor_start = "\1CD001\1";
constexpr std::string_view our_preparer = "MDRESCUE ";

template <auto Function> struct Calls {
    template <class T> void operator()(T *object) const { Function(object); }
};
using Image = std::unique_ptr<IsoImage, Calls<iso_image_unref>>;
using DataSource = std::unique_ptr<IsoDataSource, Calls<iso_data_source_unref>>;
using ReadOptions = std::unique_ptr<IsoReadOpts, Calls<iso_read_opts_free>>;
using DirectoryIterator = std::unique_ptr<IsoDirIter, Calls<iso_dir_iter_free>>;

std::string absolute(const std::string &path) { return std::filesystem::absolute(path).string(); }

util::Result<Image> import(const std::string &path) {
    const std::string what = "cannot read the files of the image";
    MDR_TRY(start_libisofs());
    IsoDataSource *source = nullptr;
    MDR_ISO(what, iso_data_source_new_from_file(absolute(path).c_str(), &source));
    const DataSource source_owner(source);
    IsoReadOpts *options = nullptr;
    MDR_ISO(what, iso_read_opts_new(&options, 0));
    const ReadOptions options_owner(options);
    MDR_ISO(what, iso_read_opts_set_input_charset(options, "UTF-8"));
    MDR_ISO(what, iso_read_opts_set_no_joliet(options, 1));
    MDR_ISO(what, iso_read_opts_set_no_aaip(options, 1));
    MDR_ISO(what, iso_read_opts_set_no_md5(options, 1));
    IsoImage *image = nullptr;
    MDR_ISO(what, iso_image_new("", &image));
    Image owner(image);
    // Not wanted, but libisofs 1.5.6 ends the process where there is no place for them.
    IsoReadImageFeatures *features = nullptr;
    const int status = iso_image_import(image, source, options, &features);
    iso_read_image_features_destroy(features);
    MDR_ISO(what, status);
    return owner;
}

util::Result<IsoFileEntry> file_entry(IsoFile *node, std::string path, std::uint64_t image_size) {
    IsoFileEntry entry{std::move(path), static_cast<std::uint64_t>(iso_file_get_size(node)), {}};
    int count = 0;
    iso_file_section *sections = nullptr;
    MDR_ISO("cannot find a file on the image",
            iso_file_get_old_image_sections(node, &count, &sections, 0));
    const std::unique_ptr<iso_file_section, Calls<std::free>> owner(sections);
    std::uint64_t total = 0;
    for (int i = 0; i < count; ++i) {
        const Extent extent{sections[i].block * block_size, sections[i].size};
        total += extent.size;
        if (extent.offset + extent.size > image_size)
            return util::fail(
                fmt::format("{} lies beyond the end of the image", util::printable(entry.path)));
        if (extent.size > 0)
            entry.extents.push_back(extent);
    }
    if (total != entry.size)
        return util::fail(
            fmt::format("the size of {} is contradictory", util::printable(entry.path)));
    return entry;
}

/// Collects below `directory`. libisofs has seen to it that the tree is one (no loops).
util::Result<void> collect(IsoDir *directory, const std::string &prefix, std::uint64_t image_size,
                           std::map<std::string, IsoFileEntry> &files) {
    IsoDirIter *made = nullptr;
    MDR_ISO("cannot list the image", iso_dir_get_children(directory, &made));
    const DirectoryIterator iterator(made);
    IsoNode *node = nullptr;
    int more = 0;
    while ((more = iso_dir_iter_next(made, &node)) == 1) {
        const std::string path = prefix + iso_node_get_name(node);
        if (iso_node_get_type(node) == LIBISO_DIR)
            MDR_TRY(collect(reinterpret_cast<IsoDir *>(node), path + "/", image_size, files));
        if (iso_node_get_type(node) != LIBISO_FILE)
            continue;
        MDR_TRY_ASSIGN(IsoFileEntry entry,
                       file_entry(reinterpret_cast<IsoFile *>(node), path, image_size));
        files.emplace(path, std::move(entry));
    }
    MDR_ISO("cannot list the image", more);
    return {};
}

} // namespace

IsoReader::IsoReader(IsoReader &&other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)),
      room_(other.room_), field_(std::move(other.field_)), volume_id_(std::move(other.volume_id_)),
      kept_table_(std::move(other.kept_table_)) {}

IsoReader::~IsoReader() {
    if (descriptor_ >= 0)
        close(descriptor_);
}

util::Result<IsoReader> IsoReader::open(const std::string &path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        return util::fail_errno(util::printable(path), errno);
    IsoReader reader(descriptor, path);
    struct stat status {};
    if (fstat(descriptor, &status) != 0)
        return util::fail_errno(util::printable(path), errno);
    if (S_ISDIR(status.st_mode))
        return util::fail(fmt::format("{} is a directory", util::printable(path)),
                          "Name an image file or a device.");
    if (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode))
        return util::fail(
            fmt::format("{} is neither a file nor a disk or drive", util::printable(path)),
            "Name an image file or a device.");
    // The size of a device is where its end is; fstat says 0.
    const off_t end = lseek(descriptor, 0, SEEK_END);
    if (end < 0)
        return util::fail_errno(util::printable(path), errno);
    if (end == 0)
        return util::fail(fmt::format("{} is empty", util::printable(path)));
    reader.room_ = static_cast<std::uint64_t>(end);
    if (auto known = reader.identify(); !known)
        return util::with_context(util::printable(path), std::move(known.error()));
    return reader;
}

util::Result<void> IsoReader::identify() {
    std::array<char, block_size> block{};
    const std::string_view descriptor(block.data(), block.size());
    if (room_ < manifest::volume_descriptor_offset + block_size)
        return util::fail("too short for an image (no ISO 9660 filesystem)");
    MDR_TRY(read_at(manifest::volume_descriptor_offset, block.data(), block.size()));
    if (!descriptor.starts_with(descriptor_start))
        return util::fail("no image (no ISO 9660 filesystem)");
    volume_id_ = util::trimmed(descriptor.substr(volume_id_at, 32));
    const auto field = manifest::parse_digest_field(
        descriptor.substr(manifest::digest_field_offset - manifest::volume_descriptor_offset,
                          manifest::digest_field_size));
    if (!field && descriptor.substr(preparer_at).starts_with(our_preparer))
        return util::fail("the digest on this mdrescue image is damaged",
                          "Build a new image, or copy it again from a sound one.");
    if (!field)
        return util::fail(fmt::format("not an mdrescue image, but the ISO image \"{}\"",
                                      util::printable(volume_id_)));
    field_ = *field;
    if (field_.bytes > room_)
        return util::fail(
            fmt::format("truncated: the image has {} bytes, of which only {} are here",
                        field_.bytes, room_),
            "Copy the image again.");
    find_kept_table();
    return {};
}

void IsoReader::find_kept_table() {
    const std::uint64_t offset = manifest::kept_table_offset(field_.bytes);
    if (room_ < offset || room_ - offset < manifest::kept_table_size)
        return;
    std::string record(manifest::kept_table_size, '\0');
    if (system::read_exactly(descriptor_, path_, offset, record.data(),
                             record.size())) // unreadable: the digest will tell
        kept_table_ = manifest::parse_kept_table(field_.sha256, record);
}

util::Result<void> IsoReader::read_at(std::uint64_t offset, char *buffer,
                                      std::size_t length) const {
    MDR_TRY(system::read_exactly(descriptor_, path_, offset, buffer, length));
    if (kept_table_)
        manifest::put_kept_table(*kept_table_, offset, buffer, length);
    return {};
}

util::Result<std::map<std::string, IsoFileEntry>> IsoReader::files() const {
    auto image = import(path_);
    if (!image)
        return tl::unexpected(std::move(image.error()));
    std::map<std::string, IsoFileEntry> files;
    MDR_TRY(collect(iso_image_get_root(image->get()), "", field_.bytes, files));
    return files;
}

util::Result<std::string> IsoReader::read(const IsoFileEntry &file, std::uint64_t limit) const {
    if (file.size > limit)
        return util::fail(fmt::format("{} on the image is too large ({} bytes)",
                                      util::printable(file.path), file.size));
    std::string bytes(file.size, '\0');
    std::size_t done = 0;
    for (const Extent &extent : file.extents) {
        MDR_TRY(read_at(extent.offset, bytes.data() + done, extent.size));
        done += extent.size;
    }
    return bytes;
}

} // namespace mdrescue::media
