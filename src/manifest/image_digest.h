// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "util/digest.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The digest of the whole image lies in the image itself, as text in the "application use" field
/// of the ISO 9660 primary volume descriptor (ECMA-119, 8.4.32; the place where implantisomd5 puts
/// its own). It is taken over all bytes of the image with that field as zeros. So one linear read
/// checks a file, a larger USB stick, or a CD with padding.
namespace mdrescue::manifest {

/// The primary volume descriptor is the 17th block of 2048 bytes (ECMA-119, 6.2.1 and 8.4).
inline constexpr std::uint64_t volume_descriptor_offset = 16 * 2048ULL;
inline constexpr std::uint64_t digest_field_offset = volume_descriptor_offset + 883;
inline constexpr std::uint64_t digest_field_size = 512;

struct DigestField {
    std::string sha256;      ///< 64 lower-case hex digits
    std::uint64_t bytes = 0; ///< size of the image
    std::string sums{}; ///< 64 lower-case hex digits, SHA-256 of /mdrescue/SHA256SUMS; may be empty
};

/// The whole field: "mdrescue-digest 1 sha256=<hex> bytes=<n> sums=<hex>\n", then zeros.
[[nodiscard]] std::string digest_field_text(const DigestField &field);
/// None for anything digest_field_text() does not write.
[[nodiscard]] std::optional<DigestField> parse_digest_field(std::string_view text);

/// SHA-256 of an image that comes in pieces, in order, with the digest field taken as zeros.
class ImageDigest {
  public:
    void update(std::string_view bytes);
    [[nodiscard]] std::string finish() { return sha256_.finish(); }

  private:
    util::Sha256 sha256_;
    std::uint64_t offset_ = 0;
};

} // namespace mdrescue::manifest
