// SPDX-License-Identifier: GPL-3.0-or-later
#include "util/result.h"

#include <fmt/format.h>
#include <system_error>

namespace mdrescue::util {

tl::unexpected<Error> fail_errno(std::string_view what, int errno_value) {
    return fail(fmt::format("{}: {}", what, std::generic_category().message(errno_value)));
}

tl::unexpected<Error> with_context(std::string_view context, Error error) {
    error.message = fmt::format("{}: {}", context, error.message);
    return tl::unexpected<Error>(std::move(error));
}

} // namespace mdrescue::util
