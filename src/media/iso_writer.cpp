// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/iso_writer.h"

#include "media/iso_boot.h"
#include "media/iso_libisofs.h"
#include "media/iso_library.h"
#include "media/iso_stream.h"
#include "media/iso_tree.h"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <fmt/format.h>
#include <optional>

namespace mdrescue::media {
namespace {

/// Between libisofs' thread and ours, in blocks of 2048 bytes.
constexpr std::size_t fifo_blocks = 4096;
/// Zeros after the last file: CD drives fail to read the last blocks of a track written in "track
/// at once" mode.
constexpr std::uint32_t tail_blocks = 150;
constexpr char who[] = "MDRESCUE";

struct ImageDeleter {
    void operator()(IsoImage *image) const { iso_image_unref(image); }
};
struct OptionsDeleter {
    void operator()(IsoWriteOpts *options) const { iso_write_opts_free(options); }
};
struct SourceDeleter {
    void operator()(burn_source *source) const {
        source->cancel(source); // joins the thread; no harm after the end
        source->free_data(source);
        std::free(source);
    }
};

util::Result<void> check_volume_id(const std::string &id) {
    const bool fits =
        !id.empty() && id.size() <= 32 && std::all_of(id.begin(), id.end(), [](char c) {
            return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        });
    if (!fits)
        return util::fail("the volume id of the image must be 1 to 32 of A-Z, 0-9 and _");
    return {};
}

util::Result<void> set_format(IsoWriteOpts *options, bool joliet) {
    const std::string what = "cannot set up the ISO 9660 format";
    MDR_ISO(what, iso_write_opts_set_iso_level(options, 3)); // files of 4 GiB and more
    MDR_ISO(what, iso_write_opts_set_rockridge(options, 1));
    MDR_ISO(what, iso_write_opts_set_rrip_version_1_10(options, 1)); // what GRUB and Linux agree on
    MDR_ISO(what, iso_write_opts_set_joliet(options, joliet ? 1 : 0));
    MDR_ISO(what, iso_write_opts_set_joliet_longer_paths(options, 1));
    MDR_ISO(what, iso_write_opts_set_allow_deep_paths(options, 1));
    MDR_ISO(what, iso_write_opts_set_relaxed_vol_atts(options, 1));
    // Inode numbers would follow those of the source filesystem: another copy of the same tree,
    // other bytes.
    MDR_ISO(what, iso_write_opts_set_hardlinks(options, 0));
    MDR_ISO(what, iso_write_opts_set_aaip(options, 0));
    MDR_ISO(what, iso_write_opts_set_dir_rec_mtime(options, 1));
    MDR_ISO(what, iso_write_opts_set_output_charset(options, "UTF-8"));
    MDR_ISO(what, iso_write_opts_set_always_gmt(options, 1));
    MDR_ISO(what, iso_write_opts_set_sort_files(options, 1));
    MDR_ISO(what, iso_write_opts_set_fifo_size(options, fifo_blocks));
    MDR_ISO(what, iso_write_opts_set_tail_blocks(options, tail_blocks));
    return {};
}

util::Result<void> set_times(IsoWriteOpts *options, std::int64_t epoch) {
    const std::time_t time = epoch;
    std::tm broken{};
    gmtime_r(&time, &broken);
    // Also the filesystem's UUID as blkid shows it.
    std::string stamp =
        fmt::format("{:04}{:02}{:02}{:02}{:02}{:02}00", broken.tm_year + 1900, broken.tm_mon + 1,
                    broken.tm_mday, broken.tm_hour, broken.tm_min, broken.tm_sec);
    if (stamp.size() != 16)
        return util::fail("the time of the image is outside the years 0 to 9999");
    MDR_ISO("cannot set the time of the image",
            iso_write_opts_set_pvd_times(options, time, time, 0, 0, stamp.data()));
    return {};
}

} // namespace

struct IsoWriter::State {
    // In the order they depend on each other: destroyed from the last.
    manifest::Tree tree;
    IsoContents contents;
    std::optional<MemoryFile> esp;
    std::unique_ptr<IsoImage, ImageDeleter> image;
    std::unique_ptr<IsoWriteOpts, OptionsDeleter> options;
    std::unique_ptr<burn_source, SourceDeleter> source;
    std::uint64_t size = 0, done = 0;

    util::Result<void> make_image(const ImageRequest &request) {
        // The boot catalog and directories made by libisofs itself take this as their time.
        std::time_t now = request.epoch;
        iso_nowtime(&now, 1);
        IsoImage *made = nullptr;
        MDR_ISO("cannot make an image", iso_image_new(request.volume_id.c_str(), &made));
        image.reset(made);
        iso_image_set_application_id(image.get(), who);
        iso_image_set_data_preparer_id(image.get(), who);
        iso_image_set_ignore_aclea(image.get(), 3);
        MDR_TRY_ASSIGN(tree, complete_tree(request));
        MDR_TRY(add_nodes(image.get(), tree, request.epoch, contents));
        return add_boot_entries(image.get(), request.boot);
    }

    util::Result<void> make_options(const ImageRequest &request) {
        IsoWriteOpts *made = nullptr;
        MDR_ISO("cannot set up the ISO 9660 format", iso_write_opts_new(&made, 1));
        options.reset(made);
        MDR_TRY(set_format(options.get(), request.joliet));
        MDR_TRY(set_times(options.get(), request.epoch));
        if (!request.boot.esp.empty()) {
            MDR_TRY_ASSIGN(MemoryFile file, MemoryFile::create(request.boot.esp));
            esp.emplace(std::move(file));
        }
        return set_disk_layout(options.get(), request, esp ? esp->path() : "");
    }

    util::Result<void> start() {
        burn_source *made = nullptr;
        if (const int code = iso_image_create_burn_source(image.get(), options.get(), &made);
            code < 0) {
            if (auto failure = contents.failure())
                return tl::unexpected(std::move(*failure));
            return libisofs_error("cannot lay out the image", code);
        }
        source.reset(made);
        size = static_cast<std::uint64_t>(made->get_size(made));
        return {};
    }
};

IsoWriter::IsoWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
IsoWriter::IsoWriter(IsoWriter &&) noexcept = default;
IsoWriter::~IsoWriter() {
    state_.reset();
    // Ending early leaves complaints behind that belong to no later image.
    discard_libisofs_messages();
}

util::Result<IsoWriter> IsoWriter::create(const ImageRequest &request) {
    MDR_TRY(start_libisofs());
    MDR_TRY(check_volume_id(request.volume_id));
    if (request.boot.bios.empty() && request.boot.esp.empty())
        return util::fail("an image without any boot loader would not start");
    auto state = std::make_unique<State>();
    MDR_TRY(state->make_image(request));
    MDR_TRY(state->make_options(request));
    MDR_TRY(state->start());
    return IsoWriter(std::move(state));
}

std::uint64_t IsoWriter::size() const { return state_->size; }

const std::string &IsoWriter::sums_digest() const { return state_->contents.sums_digest(); }

util::Result<std::size_t> IsoWriter::read(char *buffer, std::size_t length) {
    const std::size_t wanted = std::min<std::uint64_t>(length, state_->size - state_->done);
    const int got = wanted == 0 ? 0
                                : state_->source->read_xt(state_->source.get(),
                                                          reinterpret_cast<unsigned char *>(buffer),
                                                          static_cast<int>(wanted));
    // Asked for every time: libisofs' own way to tell is that the bytes end early.
    if (auto failure = state_->contents.failure())
        return tl::unexpected(std::move(*failure));
    if (got < 0 || static_cast<std::size_t>(got) != wanted)
        return libisofs_error("the image could not be written completely", got);
    state_->done += wanted;
    return wanted;
}

} // namespace mdrescue::media
