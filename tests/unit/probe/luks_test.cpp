// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/luks.h"

#include <doctest/doctest.h>

using namespace mdrescue;
using namespace mdrescue::probe;

namespace {

/// Every byte that is not set below is a secret, as far as the test is concerned.
std::string header(unsigned version) {
    std::string bytes(4096, '#');
    bytes.replace(0, 6, "LUKS\xba\xbe");
    bytes.replace(6, 2, std::string{'\0', static_cast<char>(version)});
    const auto text = [&](std::size_t at, std::size_t length, std::string value) {
        value.resize(length, '\0');
        bytes.replace(at, length, value);
    };
    text(168, 40, "11111111-2222-3333-4444-555555555555");
    if (version == 1) {
        text(8, 32, "aes");
        text(40, 32, "xts-plain64");
        text(72, 32, "sha256");
        bytes.replace(104, 8, std::string("\0\0\x10\0\0\0\0\x40", 8)); // payload, key bytes
    } else {
        text(8, 16, "");
        text(24, 48, "vault");
        text(72, 32, "sha256"); // of the header's checksum
        text(208, 48, "");
    }
    return bytes;
}

} // namespace

TEST_CASE("LUKS: facts are kept, salts, digests and key slots are not") {
    for (const unsigned version : {1U, 2U}) {
        CAPTURE(version);
        const auto kept = header_without_secrets(header(version));
        REQUIRE(kept);
        CHECK(kept->find('#') == std::string::npos);
        const Facts facts{{"luks/sda1/header", *kept}};
        FactReader reader(facts);
        model::Content content;
        REQUIRE(read_luks(reader, "sda1", content));
        CHECK(content.uuid == "11111111-2222-3333-4444-555555555555");
        CHECK(content.details.at("version") == std::to_string(version));
        if (version == 1) {
            CHECK(content.details.at("cipher") == "aes-xts-plain64");
            CHECK(content.details.at("hash") == "sha256");
            CHECK(content.details.at("offset") == std::to_string(4096 * 512));
            CHECK(content.details.at("key_bytes") == "64");
        } else {
            CHECK(content.details.at("label") == "vault");
        }
    }
    CHECK_FALSE(header_without_secrets(header(3)));
    CHECK_FALSE(header_without_secrets(header(1).substr(0, 255)));
    CHECK_FALSE(header_without_secrets(std::string(4096, '#')));
}
