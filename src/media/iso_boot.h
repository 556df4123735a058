// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "media/image_writer.h"
#include "util/result.h"

#include <string>

struct Iso_Image;
struct iso_write_opts;

namespace mdrescue::media {

/// In the section header of the UEFI boot entry (in the validation entry where UEFI is the only
/// one): that the loaders are signed. Free text by the El Torito specification 1.0, tables 2 and 4.
inline constexpr char secure_boot_mark[] = "mdrescue secure-boot";

/// A file in memory under a path in /proc, for libisofs takes a partition image only by path.
class MemoryFile {
  public:
    [[nodiscard]] static util::Result<MemoryFile> create(const std::string &bytes);
    MemoryFile(MemoryFile &&other) noexcept;
    MemoryFile &operator=(MemoryFile &&) = delete;
    ~MemoryFile();
    [[nodiscard]] std::string path() const;

  private:
    explicit MemoryFile(int descriptor) : descriptor_(descriptor) {}
    int descriptor_ = -1;
};

/// El Torito entries: BIOS first, UEFI as the appended partition. The El Torito image must be on
/// the image already.
[[nodiscard]] util::Result<void> add_boot_entries(Iso_Image *image, const BootImages &boot);

/// Master boot record, GPT and appended EFI system partition, so that the same bytes start from a
/// disk. esp_path: file with the ESP; "" without one.
[[nodiscard]] util::Result<void>
set_disk_layout(iso_write_opts *options, const ImageRequest &request, const std::string &esp_path);

} // namespace mdrescue::media
