// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/image_text.h"

#include "util/text.h"

#include <ctime>
#include <fmt/chrono.h>
#include <fmt/format.h>

namespace mdrescue::cli {

std::string shown_host_name(const std::string &raw) {
    return raw.empty() ? "a machine without a name" : util::printable(raw);
}

std::string parts_text(std::uint64_t boot, std::uint64_t esps, std::uint64_t initramfs) {
    return fmt::format("/boot {}{}, initramfs {}", util::size_text(boot),
                       esps == 0 ? "" : ", EFI partitions " + util::size_text(esps),
                       util::size_text(initramfs));
}

std::string starts_on_text(bool bios, bool uefi, bool secure_boot) {
    std::string text = bios ? "BIOS" : "";
    if (uefi)
        text += fmt::format("{}UEFI ({} Secure Boot)", text.empty() ? "" : ", ",
                            secure_boot ? "also with" : "not with");
    return text;
}

std::string made_text(std::int64_t made_at, std::int64_t now) {
    const std::int64_t days = (now - made_at) / 86400;
    const std::string age = now < made_at ? "in the future by this computer's clock"
                            : days == 0   ? "today"
                                          : fmt::format("{} day{} ago", days, days == 1 ? "" : "s");
    return fmt::format("{:%Y-%m-%d %H:%M} UTC, {}", fmt::gmtime(static_cast<std::time_t>(made_at)),
                       age);
}

} // namespace mdrescue::cli
