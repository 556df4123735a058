// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/iso_boot.h"

#include "manifest/image_sums.h"
#include "media/iso_libisofs.h"
#include "media/iso_library.h"
#include "util/bytes.h"
#include "util/digest.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

namespace mdrescue::media {
namespace {

// iso_write_opts_set_system_area(): bits of `options`.
constexpr int protective_msdos_label = 1 << 0;
constexpr int never_align_to_cylinders = 2 << 8;
constexpr int grub2_mbr = 1 << 14;
constexpr int force_bootable_flag = 1 << 15;
// el_torito_set_isolinux_options().
constexpr int boot_info_table = 1 << 0;
constexpr int grub2_boot_info = 1 << 9;
// El Torito platform ids: El Torito specification 1.0, table 2; UEFI specification 2.10, 13.3.2.1.
constexpr std::uint8_t platform_bios = 0x00, platform_efi = 0xef;
constexpr int esp_partition = 2;
constexpr std::uint8_t mbr_type_esp = 0xef;
/// Partition 1 begins here, in blocks of 2048 bytes, and is an ISO 9660 filesystem of its own.
constexpr std::uint32_t partition_offset = 16;
constexpr std::string_view basic_data_guid = "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7";

using Guid = std::array<std::uint8_t, 16>;

util::Result<Guid> guid(std::string_view text) {
    MDR_TRY_ASSIGN(const std::string bytes, util::guid_bytes(text));
    Guid out{};
    std::copy_n(bytes.begin(), out.size(), out.begin());
    return out;
}

void mark_secure_boot(ElToritoBootImage *entry) {
    std::array<std::uint8_t, 28> id{};
    std::memcpy(id.data(), secure_boot_mark, sizeof secure_boot_mark);
    el_torito_set_id_string(entry, id.data());
}

/// libisofs has one call for the first entry, which also makes the catalog, and one for the others.
util::Result<ElToritoBootImage *> add_entry(IsoImage *image, bool first, const std::string &path) {
    ElToritoBootImage *entry = nullptr;
    if (first)
        MDR_ISO("cannot make the El Torito catalog",
                iso_image_set_boot_image(image, path.c_str(), ELTORITO_NO_EMUL,
                                         fmt::format("/{}", manifest::boot_catalog_path).c_str(),
                                         &entry));
    else
        MDR_ISO("cannot add an El Torito entry",
                iso_image_add_boot_image(image, path.c_str(), ELTORITO_NO_EMUL, 0, &entry));
    return entry;
}

} // namespace

util::Result<MemoryFile> MemoryFile::create(const std::string &bytes) {
    const int descriptor = memfd_create("mdrescue-esp", MFD_CLOEXEC);
    if (descriptor < 0)
        return util::fail_errno("cannot make a file in memory", errno);
    MemoryFile file(descriptor);
    for (std::size_t done = 0; done < bytes.size();) {
        const ssize_t count = write(descriptor, bytes.data() + done, bytes.size() - done);
        if (count < 0)
            return util::fail_errno("cannot write to a file in memory", errno);
        done += static_cast<std::size_t>(count);
    }
    return file;
}

MemoryFile::MemoryFile(MemoryFile &&other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

MemoryFile::~MemoryFile() {
    if (descriptor_ >= 0)
        close(descriptor_);
}

std::string MemoryFile::path() const { return fmt::format("/proc/self/fd/{}", descriptor_); }

util::Result<void> add_boot_entries(Iso_Image *image, const BootImages &boot) {
    if (!boot.bios.empty()) {
        MDR_TRY_ASSIGN(ElToritoBootImage * bios,
                       add_entry(image, true, fmt::format("/{}", manifest::bios_image_path)));
        el_torito_set_boot_platform_id(bios, platform_bios);
        el_torito_set_load_size(
            bios, 4); // 2048 bytes: cdboot.img loads the rest by the boot information table
        el_torito_set_isolinux_options(bios, boot_info_table | grub2_boot_info, 0);
    }
    if (!boot.esp.empty()) {
        const std::string path =
            fmt::format("--interval:appended_partition_{}:all::", esp_partition);
        MDR_TRY_ASSIGN(ElToritoBootImage * efi, add_entry(image, boot.bios.empty(), path));
        el_torito_set_boot_platform_id(efi, platform_efi);
        el_torito_set_full_load(efi, 1);
        if (boot.secure_boot)
            mark_secure_boot(efi);
    }
    // The catalog lies in front of all other content, so that a reader finds it early.
    MDR_ISO("cannot place the El Torito catalog",
            iso_image_set_boot_catalog_weight(image, 1'000'000'000));
    return {};
}

util::Result<void> set_disk_layout(iso_write_opts *options, const ImageRequest &request,
                                   const std::string &esp_path) {
    const std::string what = "cannot lay out the image as a disk";
    std::array<char, 32768> system_area{};
    int flags = protective_msdos_label | never_align_to_cylinders;
    if (!request.boot.bios.empty()) {
        std::copy_n(request.boot.bios_mbr.begin(),
                    std::min<std::size_t>(request.boot.bios_mbr.size(), 512), system_area.begin());
        flags |= grub2_mbr | force_bootable_flag;
    }
    MDR_ISO(what, iso_write_opts_set_system_area(options, system_area.data(), flags, 0));
    MDR_ISO(what, iso_write_opts_set_part_offset(options, partition_offset, 0, 0));
    MDR_TRY_ASSIGN(Guid disk, guid(util::derived_uuid("gpt " + request.image_id)));
    MDR_ISO(what, iso_write_opts_set_gpt_guid(options, disk.data(), 1));
    if (esp_path.empty())
        return {};
    std::string path = esp_path;
    MDR_ISO(what,
            iso_write_opts_set_partition_img(options, esp_partition, mbr_type_esp, path.data(), 0));
    MDR_ISO(what, iso_write_opts_set_appended_as_gpt(options, 1));
    MDR_TRY_ASSIGN(Guid type, guid(basic_data_guid));
    MDR_ISO(what, iso_write_opts_set_iso_type_guid(options, type.data(), 1));
    return {};
}

} // namespace mdrescue::media
