// SPDX-License-Identifier: GPL-3.0-or-later
#include "util/digest.h"

#include "util/bytes.h"

#include <array>
#include <cstdint>
#include <nettle/sha2.h>

namespace mdrescue::util {

struct Sha256::State {
    sha256_ctx context{};
};

Sha256::Sha256() : state_(std::make_unique<State>()) { sha256_init(&state_->context); }
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256 &&) noexcept = default;
Sha256 &Sha256::operator=(Sha256 &&) noexcept = default;

void Sha256::update(std::string_view bytes) {
    sha256_update(&state_->context, bytes.size(),
                  reinterpret_cast<const std::uint8_t *>(bytes.data()));
}

std::string Sha256::finish() {
    std::array<std::uint8_t, SHA256_DIGEST_SIZE> digest{};
    sha256_digest(&state_->context, digest.size(), digest.data()); // also resets the context
    return hex({reinterpret_cast<const char *>(digest.data()), digest.size()});
}

std::string sha256(std::string_view bytes) {
    Sha256 hash;
    hash.update(bytes);
    return hash.finish();
}

std::string derived_uuid(std::string_view text) {
    std::string bytes = *from_hex(sha256(text).substr(0, 32));
    // Version 8 and variant bits, RFC 9562 sections 5.8 and 4.1.
    bytes[6] = static_cast<char>((static_cast<unsigned char>(bytes[6]) & 0x0fU) | 0x80U);
    bytes[8] = static_cast<char>((static_cast<unsigned char>(bytes[8]) & 0x3fU) | 0x80U);
    return uuid_text(bytes);
}

} // namespace mdrescue::util
