// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "../media/media_fixture.h"
#include "burn/source.h"

/// A small image for the tests of burn.
namespace mdrescue::burn::test {

inline util::Progress silent;

/// Writes a small image of the machine "victim" into a directory.
inline Source make_source(const media::test::Directory &scratch) {
    auto request = media::test::small_request();
    request.tree.push_back(media::test::text("boot/filler", std::string(3U << 20U, 'x')));
    const std::string file = scratch / "x.iso";
    const auto report = media::write_image(request, file, true, silent);
    REQUIRE_MESSAGE(report.has_value(), (report ? "" : report.error().message));
    auto source = check_source(file, silent);
    REQUIRE_MESSAGE(source.has_value(), (source ? "" : source.error().message));
    return *source;
}

inline std::string bytes_of(const Source &source) { return media::test::get(source.image.path); }

} // namespace mdrescue::burn::test
