// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "util/result.h"

#include <string_view>

/// What all uses of libisofs share. This header does not pull in libisofs.h.
namespace mdrescue::media {

/// Starts libisofs once for the process; its messages are queued instead of printed, and any of
/// severity MISHAP or worse ends the writing of an image (by default only FATAL does, and
/// unreadable files become zeros).
[[nodiscard]] util::Result<void> start_libisofs();

/// An error made of libisofs' return code and the messages it has queued, which are taken from the
/// queue.
[[nodiscard]] tl::unexpected<util::Error> libisofs_error(std::string_view what, int code);

/// Throws queued messages away.
void discard_libisofs_messages();

/// For libisofs functions that return < 0 on error: MDR_ISO("what", call).
#define MDR_ISO(what, expression)                                                                  \
    do {                                                                                           \
        if (const int mdr_code_ = (expression); mdr_code_ < 0)                                     \
            return ::mdrescue::media::libisofs_error(what, mdr_code_);                             \
    } while (false)

} // namespace mdrescue::media
