// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/iso_library.h"

#include "media/iso_libisofs.h"
#include "util/text.h"

#include <array>
#include <fmt/format.h>
#include <string>

namespace mdrescue::media {
namespace {

/// libisofs takes writable strings and does not change them.
char *text(const char *constant) { return const_cast<char *>(constant); }

int start() {
    if (const int code = iso_init(); code < 0)
        return code;
    if (const int code = iso_set_local_charset(text("UTF-8"), 0); code <= 0)
        return -1;
    iso_set_msgs_severities(text("SORRY"), text("NEVER"), text(""));
    return iso_set_abort_severity(text("MISHAP"));
}

std::string next_message() {
    std::array<char, ISO_MSGS_MESSAGE_LEN> message{};
    std::array<char, 80> severity{};
    int code = 0, image = 0;
    if (iso_obtain_msgs(text("SORRY"), &code, &image, message.data(), severity.data()) != 1)
        return {};
    return message.data();
}

} // namespace

util::Result<void> start_libisofs() {
    static const int code = start();
    if (code < 0)
        return libisofs_error("cannot start libisofs", code);
    return {};
}

tl::unexpected<util::Error> libisofs_error(std::string_view what, int code) {
    std::string reason;
    for (std::string message = next_message(); !message.empty(); message = next_message())
        reason += (reason.empty() ? "" : "; ") + message;
    if (reason.empty()) {
        const char *known = code < 0 ? iso_error_to_msg(code) : nullptr;
        reason = known != nullptr ? known : "libisofs gave no reason";
    }
    return util::fail(fmt::format("{}: {}", what, util::printable(reason)));
}

void discard_libisofs_messages() {
    while (!next_message().empty()) {
    }
}

} // namespace mdrescue::media
