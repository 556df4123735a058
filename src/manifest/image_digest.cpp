// SPDX-License-Identifier: GPL-3.0-or-later
#include "manifest/image_digest.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace mdrescue::manifest {
namespace {

constexpr std::string_view magic = "mdrescue-digest 1 sha256=";
constexpr std::string_view size_word = " bytes=", sums_word = " sums=";
constexpr std::size_t hex_digits = 64;

bool all_hex(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

} // namespace

std::string digest_field_text(const DigestField &field) {
    std::string text = fmt::format("{}{}{}{}", magic, field.sha256, size_word, field.bytes);
    if (!field.sums.empty())
        text.append(sums_word).append(field.sums);
    text += '\n';
    text.resize(digest_field_size, '\0');
    return text;
}

std::optional<DigestField> parse_digest_field(std::string_view text) {
    if (text.size() != digest_field_size || !text.starts_with(magic))
        return std::nullopt;
    DigestField field;
    field.sha256 = text.substr(magic.size(), hex_digits);
    std::string_view rest = text.substr(magic.size() + hex_digits);
    if (!rest.starts_with(size_word))
        return std::nullopt;
    rest.remove_prefix(size_word.size());
    const auto number = std::from_chars(rest.data(), rest.data() + rest.size(), field.bytes);
    rest.remove_prefix(static_cast<std::size_t>(number.ptr - rest.data()));
    if (rest.starts_with(sums_word))
        field.sums = rest.substr(sums_word.size(), hex_digits);
    // One spelling only, so that no flipped bit goes unseen.
    if (!all_hex(field.sha256) || !all_hex(field.sums) || digest_field_text(field) != text)
        return std::nullopt;
    return field;
}

void ImageDigest::update(std::string_view bytes) {
    static constexpr char zeros[digest_field_size] = {};
    while (!bytes.empty()) {
        std::size_t length = bytes.size();
        if (offset_ < digest_field_offset) {
            length = std::min<std::uint64_t>(length, digest_field_offset - offset_);
            sha256_.update(bytes.substr(0, length));
        } else if (offset_ < digest_field_offset + digest_field_size) {
            length =
                std::min<std::uint64_t>(length, digest_field_offset + digest_field_size - offset_);
            sha256_.update({zeros, length});
        } else {
            sha256_.update(bytes);
        }
        offset_ += length;
        bytes.remove_prefix(length);
    }
}

} // namespace mdrescue::manifest
