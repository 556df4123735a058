// SPDX-License-Identifier: GPL-3.0-or-later
#include "manifest/image_digest.h"

#include <doctest/doctest.h>

using namespace mdrescue;
using namespace mdrescue::manifest;

TEST_CASE("the digest field reads back, and no other spelling of it does") {
    const DigestField field{std::string(64, 'a'), 123456, std::string(64, 'b')};
    const std::string text = digest_field_text(field);
    CHECK(text.size() == digest_field_size);
    CHECK(text.starts_with("mdrescue-digest 1 sha256=aaaa"));
    const auto parsed = parse_digest_field(text);
    REQUIRE(parsed);
    CHECK(parsed->sha256 == field.sha256);
    CHECK(parsed->bytes == field.bytes);
    CHECK(parsed->sums == field.sums);
    for (std::size_t bit = 0; bit < 8 * text.size(); ++bit) {
        std::string flipped = text;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
        const auto other = parse_digest_field(flipped);
        // Where a flipped field still is one, it says something else.
        CHECK((!other || other->sha256 != field.sha256 || other->bytes != field.bytes ||
               other->sums != field.sums));
    }
    CHECK(parse_digest_field(digest_field_text({field.sha256, 1}))->sums.empty());
    CHECK_FALSE(parse_digest_field(std::string(digest_field_size, '\0')));
    CHECK_FALSE(parse_digest_field("mdrescue-digest 1 sha256="));
}

TEST_CASE("the image digest takes the field as zeros, however the bytes are cut") {
    std::string image(40000, 'x');
    std::string blank = image;
    blank.replace(digest_field_offset, digest_field_size, digest_field_size, '\0');
    const std::string expected = mdrescue::util::sha256(blank);
    for (const std::size_t piece :
         {std::size_t{1}, std::size_t{511}, std::size_t{2048}, std::size_t{100000}}) {
        ImageDigest digest;
        for (std::size_t at = 0; at < image.size(); at += piece)
            digest.update(std::string_view(image).substr(at, piece));
        CHECK(digest.finish() == expected);
    }
}
