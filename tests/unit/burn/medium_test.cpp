// SPDX-License-Identifier: GPL-3.0-or-later
#include "burn/medium.h"

#include <doctest/doctest.h>

using namespace mdrescue;
using namespace mdrescue::burn;
using State = Medium::State;

namespace {

Medium disc(int profile, const std::string &name, State state, std::uint64_t capacity = 0) {
    Medium medium;
    medium.profile = profile;
    medium.profile_name = name;
    medium.state = state;
    medium.capacity = capacity;
    return medium;
}

} // namespace

TEST_CASE("discs are described") {
    CHECK(words(disc(0, "", State::none)) == "no disc");
    CHECK(words(disc(0x09, "CD-R", State::blank, 703000000)) ==
          "a blank CD-R, with room for 703 MB");
    CHECK(words(disc(0x10, "DVD-ROM", State::full)) == "a DVD-ROM that is written");
}

TEST_CASE("what can only be read is refused whatever its state") {
    for (const State state : {State::full, State::blank, State::unsuitable})
        CHECK(prepare(disc(0x08, "CD-ROM", state, 1U << 30U), 2048, true)
                  .error()
                  .message.find("only be read") != std::string::npos);
}

TEST_CASE("room is counted to the byte") {
    const Medium medium = disc(0x1b, "DVD+R", State::blank, 4096);
    CHECK(prepare(medium, 4096, false).value() == Preparation::none);
    CHECK(prepare(medium, 4097, false).error().message.find("1 are missing") != std::string::npos);
}

TEST_CASE("a written RW disc that is too small is refused before it is blanked") {
    Medium medium = disc(0x0a, "CD-RW", State::full, 4096);
    medium.erasable = true;
    CHECK(prepare(medium, 4096, true).value() == Preparation::blank);
    CHECK_FALSE(prepare(medium, 4097, true).has_value());
}

TEST_CASE("an unformatted BD-RE is formatted when asked") {
    Medium medium = disc(0x43, "BD-RE", State::blank, 25000000000);
    medium.unformatted = true;
    CHECK_FALSE(prepare(medium, 4096, false).has_value());
    CHECK(prepare(medium, 4096, true).value() == Preparation::format);
}

TEST_CASE("speeds are counted as drives do") {
    CHECK(kilobytes_per_second(0x09, 10) == 1764);
    CHECK(kilobytes_per_second(0x1b, 4) == 5540);
    CHECK(kilobytes_per_second(0x43, 2) == 8991);
}
