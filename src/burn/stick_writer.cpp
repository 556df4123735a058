// SPDX-License-Identifier: GPL-3.0-or-later
#include "burn/stick_writer.h"

#include <algorithm>
#include <fmt/format.h>

namespace mdrescue::burn {
namespace {

using util::fail;
using util::Result;

constexpr std::size_t mebibyte = 1U << 20U;
/// Written out one by one, so that progress tells what is on the stick and not what is in memory.
constexpr std::size_t chunk = 4 * mebibyte;

/// Signatures at the end of the disk would outlive the image: GPT's backup, md 0.90 and 1.0.
Result<void> wipe_end(system::ClaimedDevice &stick, std::uint64_t image_size) {
    const std::uint64_t end = stick.size();
    const std::uint64_t start = std::max(image_size, end - std::min<std::uint64_t>(end, mebibyte));
    return stick.write(start, std::string(end - start, '\0'));
}

Result<void> empty_head(system::ClaimedDevice &stick, std::size_t size) {
    MDR_TRY(stick.write(0, std::string(size, '\0')));
    return stick.flush();
}

Result<void> write_all(system::ClaimedDevice &stick, SourceReader &reader, std::uint64_t total,
                       util::Progress &progress) {
    progress.phase("Writing the stick", total);
    MDR_TRY_ASSIGN(const std::string head, reader.next(mebibyte));
    std::uint64_t at = head.size();
    while (reader.left() > 0) {
        if (util::cancel_requested)
            return util::cancelled();
        MDR_TRY_ASSIGN(const std::string bytes, reader.next(chunk));
        MDR_TRY(stick.write(at, bytes));
        MDR_TRY(stick.flush());
        at += bytes.size();
        progress.advance(at - head.size());
    }
    MDR_TRY(reader.confirm_unchanged());
    MDR_TRY(stick.write(0, head));
    MDR_TRY(stick.flush());
    progress.advance(at);
    return {};
}

Result<void> read_back(system::ClaimedDevice &stick, const Source &source,
                       util::Progress &progress) {
    progress.phase("Reading the stick back", source.image.size);
    MDR_TRY(stick.forget_cached());
    MDR_TRY_ASSIGN(const std::string found, digest_of(stick, source.image.size, progress));
    if (found != source.digest)
        return fail(fmt::format("the stick does not give back what was written: SHA-256 {}, not {}",
                                found, source.digest),
                    "It is worn out or not as large as it says. Take another one.");
    return {};
}

Result<void> write_and_compare(system::ClaimedDevice &stick, const Source &source,
                               util::Progress &progress) {
    MDR_TRY_ASSIGN(SourceReader reader, SourceReader::open(source));
    MDR_TRY(wipe_end(stick, source.image.size));
    MDR_TRY(write_all(stick, reader, source.image.size, progress));
    return read_back(stick, source, progress);
}

} // namespace

Result<std::string> digest_of(system::ClaimedDevice &stick, std::uint64_t size,
                              util::Progress &progress, const Edit &edit) {
    util::Sha256 digest;
    for (std::uint64_t at = 0; at < size;) {
        if (util::cancel_requested)
            return util::cancelled();
        MDR_TRY_ASSIGN(std::string bytes,
                       stick.read(at, std::min<std::uint64_t>(chunk, size - at)));
        if (edit)
            edit(at, bytes);
        digest.update(bytes);
        at += bytes.size();
        progress.advance(at);
    }
    return digest.finish();
}

Result<void> write_stick(system::ClaimedDevice &stick, const Source &source,
                         util::Progress &progress) {
    const std::size_t head = std::min<std::uint64_t>(mebibyte, source.image.size);
    MDR_TRY(empty_head(stick, head));
    auto written = write_and_compare(stick, source, progress);
    if (!written) // a stick that may not be trusted must not start a machine
        static_cast<void>(empty_head(stick, head));
    return written;
}

} // namespace mdrescue::burn
