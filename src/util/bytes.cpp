// SPDX-License-Identifier: GPL-3.0-or-later
#include "util/bytes.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace mdrescue::util {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view base64_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int hex_value(char digit) {
    const auto lower = static_cast<char>(std::tolower(static_cast<unsigned char>(digit)));
    const auto at = hex_digits.find(lower);
    return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

std::string grouped(std::string_view digits) {
    std::string text(digits);
    for (const std::size_t at : {8U, 13U, 18U, 23U})
        text.insert(at, 1, '-');
    return text;
}

/// The first three fields of a GUID turned between stored and printed order; its own reverse.
std::string guid_swapped(std::string_view bytes) {
    std::string swapped(bytes);
    std::reverse(swapped.begin(), swapped.begin() + 4);
    std::reverse(swapped.begin() + 4, swapped.begin() + 6);
    std::reverse(swapped.begin() + 6, swapped.begin() + 8);
    return swapped;
}

} // namespace

std::string hex(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text += hex_digits[byte >> 4U];
        text += hex_digits[byte & 15U];
    }
    return text;
}

Result<std::string> from_hex(std::string_view text) {
    if (text.size() % 2 != 0)
        return fail("odd number of hex digits");
    std::string bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = hex_value(text[i]);
        const int low = hex_value(text[i + 1]);
        if (high < 0 || low < 0)
            return fail("not a hex digit");
        bytes += static_cast<char>(high * 16 + low);
    }
    return bytes;
}

std::string base64(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k)
            group = (group << 8U) | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k)
            text += k <= count ? base64_digits[(group >> (18 - 6 * k)) & 63U] : '=';
    }
    return text;
}

Result<std::string> from_base64(std::string_view text) {
    if (text.size() % 4 != 0)
        return fail("base64 text of a wrong length");
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3);
    for (std::size_t i = 0; i < text.size(); i += 4) {
        const std::string_view quad = text.substr(i, 4);
        const std::size_t count = std::min(quad.find('='), std::size_t{4});
        const bool last = i + 4 == text.size();
        if (count < 2 ||
            (count < 4 && (!last || quad.find_first_not_of('=', count) != std::string_view::npos)))
            return fail("base64 text with wrong padding");
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 4; ++k) {
            const auto value = k < count ? base64_digits.find(quad[k]) : 0;
            if (value == std::string_view::npos)
                return fail("not a base64 digit");
            group = (group << 6U) | static_cast<std::uint32_t>(value);
        }
        for (std::size_t k = 0; k + 1 < count; ++k)
            bytes += static_cast<char>((group >> (16 - 8 * k)) & 0xffU);
    }
    return bytes;
}

std::string uuid_text(std::string_view sixteen_bytes) {
    return grouped(hex(sixteen_bytes.substr(0, 16)));
}

std::string guid_text(std::string_view sixteen_bytes) {
    std::string text = grouped(hex(guid_swapped(sixteen_bytes.substr(0, 16))));
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return text;
}

Result<std::string> guid_bytes(std::string_view text) {
    std::string digits(text);
    std::erase(digits, '-');
    auto bytes = from_hex(digits);
    if (!bytes || bytes->size() != 16 || text.size() != 36)
        return fail("not a GUID");
    return guid_swapped(*bytes);
}

} // namespace mdrescue::util
