// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/arguments.h"

#include <doctest/doctest.h>

using namespace mdrescue::agent;

TEST_CASE("the kernel command line") {
    const auto arguments = parse_arguments(
        "BOOT_IMAGE=/boot/vmlinuz quiet console=tty0 mdrescue.id=1234-ab mdrescue.mode=verify\n");
    CHECK(arguments.mode == Mode::verify);
    CHECK(arguments.image_id == "1234-ab");
    CHECK(arguments.unsupported_mode.empty());
    CHECK_FALSE(arguments.plain);
    CHECK(parse_arguments("").mode == Mode::guided);
    CHECK(parse_arguments("mdrescue.mode=\"shell\"").mode == Mode::shell);
    CHECK(parse_arguments("mdrescue.mode=installed root=/dev/md1 ro").mode == Mode::installed);
    CHECK(parse_arguments("mdrescue.mode=unattended").mode == Mode::unattended);
    CHECK(parse_arguments("mdrescue.plain").plain);
    CHECK_FALSE(parse_arguments("mdrescue.plain mdrescue.plain=0").plain);
}

TEST_CASE("what the installed system is started with") {
    CHECK(parse_arguments("root=/dev/md1").init == "/sbin/init");
    CHECK_FALSE(parse_arguments("root=/dev/md1").root_writable);
    CHECK(parse_arguments("init=/lib/systemd/systemd").init == "/lib/systemd/systemd");
    CHECK(parse_arguments("init=sh rdinit=/x xinit=/y").init == "/sbin/init");
    CHECK(parse_arguments("ro rw").root_writable);
    CHECK_FALSE(parse_arguments("rw ro").root_writable);
}

TEST_CASE("a mode this version does not have is guided, and kept to be told") {
    const auto arguments = parse_arguments("mdrescue.mode=rehearse");
    CHECK(arguments.mode == Mode::guided);
    CHECK(arguments.unsupported_mode == "rehearse");
    // the last one counts, as for the kernel
    CHECK(parse_arguments("mdrescue.mode=rehearse mdrescue.mode=guided").unsupported_mode == "");
    // no parameter of ours
    CHECK(parse_arguments("xmdrescue.mode=shell mdrescue.modes=shell").mode == Mode::guided);
    CHECK(parse_arguments("xmdrescue.mode=shell").unsupported_mode == "");
}
