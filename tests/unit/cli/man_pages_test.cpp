// SPDX-License-Identifier: GPL-3.0-or-later
#include "program.h"
#include "system/system.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <regex>

using namespace mdrescue;

namespace {

std::string text_of(const std::string &file) {
    std::ifstream text(MDRESCUE_SOURCE_DIR "/src/" + file);
    return {std::istreambuf_iterator<char>(text), {}};
}

std::string page_of(const std::string &name) { return text_of("cli/man/" + name + ".8"); }

/// In a page every - of an option is \-, so that it can be copied.
std::string in_troff(const std::string &option) {
    return std::regex_replace(option, std::regex("-"), "\\-");
}

std::vector<std::string> all(const std::string &text, const std::string &pattern) {
    const std::regex each(pattern);
    std::vector<std::string> found;
    for (std::sregex_iterator at(text.begin(), text.end(), each), end; at != end; ++at)
        found.push_back((*at)[1]);
    return found;
}

} // namespace

TEST_CASE("every command has a man page with examples, and every option is in it") {
    const std::string overview = page_of("mdrescue");
    const auto commands =
        all(test::run_program({.arguments = {"--help"}}).out, "\n  ([a-z]+) {2,}");
    CHECK(commands.size() == 9);
    for (const std::string &command : commands) {
        CAPTURE(command);
        if (command == "help") {
            CHECK(overview.find("mdrescue help") != std::string::npos);
            continue;
        }
        CHECK(overview.find("mdrescue\\-" + command + " (8)") != std::string::npos);
        const std::string page = page_of("mdrescue-" + command);
        CHECK(page.find("\n.SH EXAMPLES\n") != std::string::npos);
        const auto help = test::run_program({.arguments = {command, "--help"}}).out;
        for (const std::string &option : all(help, "(--[a-z-]+)"))
            if (option != "--help")
                CHECK_MESSAGE(page.find(in_troff(option)) != std::string::npos, option);
    }
}

TEST_CASE("every field of machine.json is in its man page") {
    const std::string page = text_of("cli/man/mdrescue-machine.json.5");
    const auto names = all(text_of("profile/fields.h"), "visit\\(\"([a-z_]+)\"");
    CHECK(names.size() > 100);
    for (const std::string &name : names)
        CHECK_MESSAGE(std::regex_search(page, std::regex("(^|[^a-z_])" + name + "($|[^a-z_])")),
                      name);
}

TEST_CASE("the manual pages are formatted without a warning") {
    const auto system = system::real_system();
    for (const auto &page :
         std::filesystem::directory_iterator(MDRESCUE_SOURCE_DIR "/src/cli/man")) {
        const auto formatted =
            system->run({.argv = {"groff", "-man", "-ww", "-z", "-Tutf8", page.path().string()}});
        REQUIRE_MESSAGE(formatted.has_value(), formatted.error().message);
        CHECK(formatted->status == 0);
        CHECK(formatted->err == "");
    }
}
