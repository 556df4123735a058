// SPDX-License-Identifier: GPL-3.0-or-later
// The shells complete what the program's own help names.
#include "program.h"
#include "system/system.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace mdrescue;

namespace {

/// What a shell's script prints, where `mdrescue` is a function that says what the program says.
std::string printed_by(std::vector<std::string> shell, const std::string &script) {
    shell.insert(shell.end(),
                 {"-c", fmt::format("mdrescue() {{ case $1 in build) cat <<'END'\n{}\nEND\n;; "
                                    "--help) cat <<'END'\n{}\nEND\n;; esac; }}\n{}",
                                    test::run_program({.arguments = {"build", "--help"}}).out,
                                    test::run_program({.arguments = {"--help"}}).out, script)});
    const auto ended = system::real_system()->run({.argv = std::move(shell)});
    REQUIRE(ended.has_value());
    CHECK(ended->err == "");
    return ended->out;
}

/// What bash offers for the last of the words typed.
std::string offered(const std::string &words) {
    return printed_by({"bash"},
                      fmt::format("source '{}/src/cli/completion/mdrescue.bash'\n"
                                  "COMP_WORDS=({}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); "
                                  "_mdrescue mdrescue\necho \"${{COMPREPLY[*]}}\"",
                                  MDRESCUE_SOURCE_DIR, words));
}

/// The same of zsh; its own functions are stood in for by what they are given.
std::string offered_by_zsh(const std::string &words) {
    return printed_by({"zsh", "-f"},
                      fmt::format("compadd() {{ print -r -- $@; }}; _files() {{ print files; }}\n"
                                  "complete() {{ source '{}/src/cli/completion/_mdrescue'; }}\n"
                                  "words=({}); CURRENT=${{#words}}; PREFIX=$words[CURRENT]; "
                                  "complete\n",
                                  MDRESCUE_SOURCE_DIR, words));
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
    CHECK(offered_by_zsh("mdrescue ''") ==
          "-- probe build inspect verify burn recover status refresh help\n");
    CHECK(offered_by_zsh("mdrescue build --").find(" --force ") != std::string::npos);
    CHECK(offered_by_zsh("mdrescue build ''") == "files\n");
}
