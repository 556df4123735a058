// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/fstab_command.h"
#include "agent/pid1.h"
#include "probe/probe.h"

#include <cstdio>
#include <string_view>
#include <unistd.h>

namespace {

constexpr const char *help =
    "mdrescue-agent " MDRESCUE_VERSION "\n"
    "\n"
    "The first program of the system that starts from a disc made by \"mdrescue build\".\n"
    "It finds the machine's disks and arrays, shows what is missing, and leads through\n"
    "the recovery. It runs as process 1 of that system; on a running machine use mdrescue.\n"
    "\n"
    "Kernel parameters it reads:\n"
    "  mdrescue.mode=guided|installed|shell|verify|unattended\n"
    "                      what to do first; guided when absent\n"
    "  mdrescue.id=UUID    the image to look for\n"
    "  mdrescue.plain      no escape codes: for screen readers, simple terminals\n"
    "\n"
    "Anywhere: mdrescue-agent fstab bypass|restore (see mdrescue-agent fstab --help)\n"
    "Options: --help, --version\n";

/// Exit status: a full disk or a closed stream took not all of it.
int print(const char *text) {
    if (std::fputs(text, stdout) != EOF && std::fflush(stdout) == 0)
        return 0;
    std::perror("mdrescue-agent: cannot write to standard output");
    return 1;
}

int run_fstab(int argc, char **argv) {
    const auto system = mdrescue::system::real_system();
    const auto observe = [&]() -> mdrescue::util::Result<mdrescue::model::Machine> {
        MDR_TRY_ASSIGN(const mdrescue::probe::Facts facts, mdrescue::probe::collect(*system));
        return mdrescue::probe::interpret(facts);
    };
    const auto output = mdrescue::agent::fstab_command(*system, {argv + 2, argv + argc}, observe);
    std::fputs(output.err.c_str(), stderr);
    return print(output.out.c_str()) == 0 ? output.status : 1;
}

} // namespace

int main(int argc, char **argv) {
    if (::getpid() == 1)
        mdrescue::agent::run_as_init();
    if (argc >= 2 && std::string_view(argv[1]) == "fstab")
        return run_fstab(argc, argv);
    const std::string_view option = argc == 2 ? argv[1] : "";
    if (option == "--help" || option == "-h")
        return print(help);
    if (option == "--version")
        return print("mdrescue-agent " MDRESCUE_VERSION "\n");
    std::fputs("mdrescue-agent runs as process 1 of a system started from an mdrescue disc.\n"
               "Try mdrescue-agent --help.\n",
               stderr);
    return 2;
}
