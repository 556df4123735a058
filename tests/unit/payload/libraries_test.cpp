// SPDX-License-Identifier: GPL-3.0-or-later
#include "payload/elf.h"
#include "payload/files.h"
#include "payload/libraries.h"
#include "scratch.h"
#include "tiny_elf.h"

#include <doctest/doctest.h>

using namespace mdrescue;
using payload::Library;

namespace {

constexpr const char *interpreter = "/lib64/ld-linux-x86-64.so.2";

/// A root with merged /usr and Debian's library directory.
void make_root(const Scratch &root) {
    root.link("lib", "usr/lib");
    root.link("lib64", "usr/lib64");
    root.write("usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", tiny_elf::dynamic("", {}));
    root.link("usr/lib64/ld-linux-x86-64.so.2", "/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2");
    root.write("usr/lib/x86_64-linux-gnu/libc.so.6",
               tiny_elf::dynamic("", {"ld-linux-x86-64.so.2"}));
}

} // namespace

TEST_CASE("the closure of a program is found below its own root") {
    const Scratch root;
    make_root(root);
    root.write("usr/lib/x86_64-linux-gnu/libblkid.so.1.1.0", tiny_elf::dynamic("", {"libc.so.6"}));
    root.link("usr/lib/x86_64-linux-gnu/libblkid.so.1", "libblkid.so.1.1.0");
    root.write("usr/lib/x86_64-linux-gnu/private/libown.so", tiny_elf::dynamic("", {"libc.so.6"}));
    root.write("opt/lib/libextra.so", tiny_elf::dynamic("", {}));
    root.write("opt/lib32/libextra.so", tiny_elf::dynamic("", {}, "", EM_386));
    root.write("etc/ld.so.conf", "include /etc/ld.so.conf.d/*.conf\n");
    root.write("etc/ld.so.conf.d/a.conf", "# comment\n/opt/lib32\n/opt/lib # extra\n");
    root.write("usr/bin/tool",
               tiny_elf::dynamic(interpreter, {"libblkid.so.1", "libown.so", "libextra.so"},
                                 "$ORIGIN/../lib/x86_64-linux-gnu/private"));
    root.write("usr/bin/script", "#!/bin/sh\n");

    const auto found = payload::library_closure(root.path(), {"/usr/bin/tool", "/usr/bin/script"},
                                                {"libc.so.6", "libnone.so"});
    REQUIRE(found);
    const std::string lib = "usr/lib/x86_64-linux-gnu/";
    CHECK(*found ==
          std::vector<Library>{
              {"/lib/x86_64-linux-gnu/libblkid.so.1", root.at(lib + "libblkid.so.1.1.0")},
              {"/lib/x86_64-linux-gnu/libc.so.6", root.at(lib + "libc.so.6")},
              {"/lib/x86_64-linux-gnu/libextra.so", root.at("opt/lib/libextra.so")},
              {interpreter, root.at(lib + "ld-linux-x86-64.so.2")},
              {"/usr/lib/x86_64-linux-gnu/private/libown.so", root.at(lib + "private/libown.so")}});
}

TEST_CASE("a missing library is named together with who wants it") {
    const Scratch root;
    make_root(root);
    root.write("usr/bin/tool", tiny_elf::dynamic(interpreter, {"libgone.so.3"}));
    const auto found = payload::library_closure(root.path(), {"/usr/bin/tool"}, {});
    REQUIRE_FALSE(found);
    CHECK(found.error().message.find("libgone.so.3") != std::string::npos);
    CHECK(found.error().message.find("/usr/bin/tool") != std::string::npos);
    CHECK_FALSE(payload::library_closure(root.path(), {"/usr/bin/none"}, {}));
}

TEST_CASE("a cut or bent ELF file is an error, never a crash") {
    const std::string program = tiny_elf::dynamic(interpreter, {"libc.so.6"}, "/opt");
    const auto whole = payload::read_dynamics(program).value().value();
    CHECK(whole.interpreter == interpreter);
    CHECK(whole.run_path == std::vector<std::string>{"/opt"});
    for (std::size_t length = 0; length < program.size(); ++length) {
        const auto cut = payload::read_dynamics(std::string_view(program).substr(0, length));
        CHECK((!cut || !cut->has_value() || (*cut)->needed.size() <= 1));
    }
    for (std::size_t i = 0; i < program.size(); ++i) {
        std::string bent = program;
        bent[i] = static_cast<char>(0xff);
        (void)payload::read_dynamics(bent);
    }
    CHECK_FALSE(payload::read_dynamics("\x7f"
                                       "ELF")
                    .value()
                    .has_value());
}

TEST_CASE("links are followed inside the root only, and circles end") {
    const Scratch root;
    root.write("etc/real", "x");
    root.link("a/up", "../../../../etc/real");
    root.link("a/loop", "loop2");
    root.link("a/loop2", "loop");
    CHECK(payload::resolved(root.path(), "/a/up") == "/etc/real");
    CHECK(payload::resolved(root.path(), "/a/../../etc/./real") == "/etc/real");
    CHECK_FALSE(payload::resolved(root.path(), "/a/loop"));
    CHECK_FALSE(payload::resolved(root.path(), "/a/none"));
}
