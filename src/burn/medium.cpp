// SPDX-License-Identifier: GPL-3.0-or-later
#include "burn/medium.h"

#include "util/text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>

namespace mdrescue::burn {
namespace {

using State = Medium::State;
using util::fail;
using util::Result;

// Profile numbers: MMC-6, table 95; those that can be written as libburn.h lists them at
// burn_disc_get_profile().
constexpr int dvd_ram = 0x12, dvd_rw_restricted = 0x13, dvd_plus_rw = 0x1a, bd_re = 0x43;
constexpr int file = 0xffff;
constexpr std::array writable_profiles{0x09, 0x0a,  0x11, dvd_ram,     dvd_rw_restricted,
                                       0x14, 0x15,  0x1b, dvd_plus_rw, 0x2b,
                                       0x41, bd_re, file};

bool writable(int profile) {
    return std::find(writable_profiles.begin(), writable_profiles.end(), profile) !=
           writable_profiles.end();
}

std::string name(const Medium &medium) {
    return medium.profile_name.empty() ? fmt::format("disc of profile {:#06x}", medium.profile)
                                       : util::printable(medium.profile_name);
}

} // namespace

bool overwritable(const Medium &medium) {
    constexpr std::array profiles{dvd_ram, dvd_rw_restricted, dvd_plus_rw, bd_re, file};
    return std::find(profiles.begin(), profiles.end(), medium.profile) != profiles.end();
}

Result<Preparation> prepare(const Medium &medium, std::uint64_t bytes, bool blanking) {
    if (medium.state == State::none)
        return fail("there is no disc in the drive", "Put a blank one in, then start again.");
    if (!writable(medium.profile))
        return fail(fmt::format("the disc is a {}, which can only be read, or the drive can only "
                                "read",
                                name(medium)),
                    "Take a drive that writes, and a CD-R/RW, DVD±R/RW, DVD-RAM or BD.");
    if (medium.state == State::unsuitable)
        return fail(fmt::format("the drive can make nothing of the disc ({})", name(medium)),
                    "Take another disc.");
    const bool written = medium.state == State::full || medium.state == State::appendable;
    if (written && !medium.erasable)
        return fail(
            fmt::format("the {} is written already and cannot be written again", name(medium)),
            "Take a blank one.");
    if ((written || medium.unformatted) && !blanking)
        return fail(
            fmt::format("the {} is {}", name(medium), written ? "not blank" : "not formatted"),
            written ? "If all on it may go, say --blank; else take another one."
                    : "Say --blank, which formats it, or take another one.");
    MDR_TRY(confirm_room(medium, bytes));
    if (medium.unformatted)
        return Preparation::format;
    return written ? Preparation::blank : Preparation::none;
}

Result<void> confirm_room(const Medium &medium, std::uint64_t bytes) {
    if (medium.capacity == 0 && medium.state != State::blank)
        return {}; // not known before it is blank: asked again then
    if (medium.capacity < bytes)
        return fail(fmt::format("the {} is too small: it has room for {} bytes, the image needs "
                                "{}; {} are missing",
                                name(medium), medium.capacity, bytes, bytes - medium.capacity),
                    "Take a larger one: a DVD holds 4.7 GB, a BD 25 GB.");
    return {};
}

std::string words(const Medium &medium) {
    const auto state = [&]() -> std::string {
        switch (medium.state) {
        case State::none: return "no disc";
        case State::blank:
            if (!overwritable(medium))
                return "a blank " + name(medium);
            return fmt::format("a {}, {}", name(medium),
                               medium.unformatted ? "not formatted" : "which can be written over");
        case State::appendable:
            return fmt::format("a {} that is written, but not closed", name(medium));
        case State::full: return fmt::format("a {} that is written", name(medium));
        case State::unsuitable:
            return fmt::format("a {} the drive can make nothing of", name(medium));
        }
        return name(medium);
    }();
    if (medium.state == State::none || medium.capacity == 0)
        return state;
    return fmt::format("{}, with room for {}", state, util::size_text(medium.capacity));
}

int kilobytes_per_second(int profile, double times) {
    constexpr double cd = 176.4, dvd = 1385.0, bd = 4495.625;
    const double one = profile < 0x10 ? cd : profile < 0x40 ? dvd : bd;
    return static_cast<int>(std::lround(times * one));
}

} // namespace mdrescue::burn
