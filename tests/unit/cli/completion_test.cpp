// SPDX-License-Identifier: GPL-3.0-or-later
// bash completes what the program's own help names.
#include "program.h"
#include "system/system.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace mdrescue;

namespace {

/// What bash offers for the last of the words typed. `mdrescue` is a function that says what the
/// program says.
std::string offered(const std::string &words) {
    const std::string script = fmt::format(
        "mdrescue() {{ case $1 in build) echo \"$2\" | grep -q help && cat <<'END'\n{}\n"
        "END\n;; --help) cat <<'END'\n{}\nEND\n;; esac; }}\n"
        "source '{}/src/cli/completion/mdrescue.bash'\n"
        "COMP_WORDS=({}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _mdrescue mdrescue\n"
        "echo \"${{COMPREPLY[*]}}\"",
        test::run_program({.arguments = {"build", "--help"}}).out,
        test::run_program({.arguments = {"--help"}}).out, MDRESCUE_SOURCE_DIR, words);
    const auto ended = system::real_system()->run({.argv = {"bash", "-c", script}});
    REQUIRE(ended.has_value());
    CHECK(ended->err == "");
    return ended->out;
}

} // namespace

TEST_CASE("bash completes commands, and the options of each") {
    CHECK(offered("mdrescue ''") ==
          "probe build inspect verify burn recover status refresh help\n");
    CHECK(offered("mdrescue re") == "recover refresh\n");
    CHECK(offered("mdrescue help re") == "recover refresh\n");
    CHECK(offered("mdrescue --") == "--help --version\n");
    CHECK(offered("mdrescue build --f") == "--force\n");
    CHECK(offered("mdrescue build --al") == "--allow-degraded\n");
    CHECK(offered("mdrescue build -o " MDRESCUE_SOURCE_DIR "/READ") == MDRESCUE_SOURCE_DIR
          "/README.md\n");
}

TEST_CASE("zsh completes commands, and the options of each") {
    const auto offered_by_zsh = [](const std::string &words) {
        const std::string script = fmt::format(
            "mdrescue() {{ case $1 in build) cat <<'END'\n{}\nEND\n;; --help) cat "
            "<<'END'\n{}\nEND\n"
            ";; esac; }}\n"
            "compadd() {{ print -r -- $@; }}; _files() {{ print files; }}\n"
            "complete() {{ source '{}/src/cli/completion/_mdrescue'; }}\n"
            "words=({}); CURRENT=${{#words}}; PREFIX=$words[CURRENT]; complete\n",
            test::run_program({.arguments = {"build", "--help"}}).out,
            test::run_program({.arguments = {"--help"}}).out, MDRESCUE_SOURCE_DIR, words);
        const auto ended = system::real_system()->run({.argv = {"zsh", "-f", "-c", script}});
        REQUIRE(ended.has_value());
        CHECK(ended->err == "");
        return ended->out;
    };
    CHECK(offered_by_zsh("mdrescue ''") ==
          "-- probe build inspect verify burn recover status refresh help\n");
    CHECK(offered_by_zsh("mdrescue build --").find(" --force ") != std::string::npos);
    CHECK(offered_by_zsh("mdrescue build ''") == "files\n");
}
