// SPDX-License-Identifier: GPL-3.0-or-later
#include "util/bytes.h"
#include "util/digest.h"

#include <doctest/doctest.h>

using namespace mdrescue::util;
using namespace std::string_literals;

TEST_CASE("integers in both byte orders") {
    const std::string bytes = "\x00\x01\x02\x03\x84\x05\x06\x07"s;
    CHECK(little_endian<std::uint16_t>(bytes, 1) == 0x0201);
    CHECK(little_endian<std::uint64_t>(bytes, 0) == 0x0706058403020100ULL);
    CHECK(big_endian<std::uint32_t>(bytes, 1) == 0x01020384);
    std::string target(6, 'x');
    put_little_endian<std::uint32_t>(target, 1, 0x84030201);
    CHECK(target == "x\x01\x02\x03\x84x"s);
}

TEST_CASE("base64 as in RFC 4648 section 10, both ways") {
    const std::pair<std::string, std::string> pairs[] = {
        {"", ""},        {"f", "Zg=="},        {"fo", "Zm8="},
        {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"foobar", "Zm9vYmFy"}};
    for (const auto &[plain, coded] : pairs) {
        CHECK(base64(plain) == coded);
        CHECK(from_base64(coded).value() == plain);
    }
    for (const auto *wrong : {"Zg=", "Zg==Zg==", "Z===", "Zm9*", "Zg=v", "===="})
        CHECK_FALSE(from_base64(wrong).has_value());
}

TEST_CASE("hex and GUIDs") {
    CHECK(hex("\x00\xff"s) == "00ff");
    CHECK(from_hex("00Ff").value() == "\x00\xff"s);
    CHECK_FALSE(from_hex("0").has_value());
    CHECK_FALSE(from_hex("0g").has_value());
    const auto esp =
        "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"; // UEFI specification, EFI System Partition
    CHECK(hex(guid_bytes(esp).value()) == "28732ac11ff8d211ba4b00a0c93ec93b");
    CHECK(guid_text(guid_bytes(esp).value()) == esp);
    CHECK_FALSE(guid_bytes("C12A7328").has_value());
}

TEST_CASE("SHA-256, FIPS 180-4 examples") {
    CHECK(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    Sha256 parts;
    parts.update("a");
    parts.update("bc");
    CHECK(parts.finish() == sha256("abc"));
    CHECK(parts.finish() == sha256(""));
}

TEST_CASE("derived UUIDs are stable and well formed") {
    const auto uuid = derived_uuid("machine");
    CHECK(uuid == derived_uuid("machine"));
    CHECK(uuid != derived_uuid("machine2"));
    CHECK(uuid.size() == 36);
    CHECK(uuid[14] == '8');
    CHECK(std::string("89ab").find(uuid[19]) != std::string::npos);
}
