// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/command_line.h"

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/recover_guide.h"
#include "cli/terminal_progress.h"
#include "util/progress.h"
#include "util/text.h"

#include <CLI/CLI.hpp>
#include <csignal>
#include <fcntl.h>
#include <fmt/color.h>
#include <fmt/format.h>
#include <functional>
#include <unistd.h>

namespace mdrescue::cli {
namespace {

constexpr auto description =
    "mdrescue makes, before a disk dies, one small bootable image that knows this\n"
    "machine and its software RAID, and that brings the machine back afterwards.\n";

constexpr auto footer =
    "\nThe usual way:\n"
    "  mdrescue probe                  look at what this machine is made of\n"
    "  mdrescue build -o bootcd.iso    make the image; keep it somewhere else\n"
    "  mdrescue burn bootcd.iso /dev/sdb   onto a USB stick, or a disc: /dev/sr0\n"
    "  mdrescue verify bootcd.iso      check every byte of it, now or in a year\n"
    "  mdrescue status bootcd.iso      is it still true of this machine?\n"
    "\nExit status: 0 done, 1 refused or failed (the reason is printed), 2 wrong usage.\n"
    "More: man mdrescue, and COMMAND --help.";

using Action = std::function<util::Result<void>(const Context &)>;

bool shows_colours(int stream) { return is_screen(stream) && std::getenv("NO_COLOR") == nullptr; }

/// An empty name is a script's unset variable, never meant.
const CLI::Validator
    named([](const std::string &name) { return name.empty() ? "the argument is empty" : ""; }, "");

void add_probe(CLI::App &app, ProbeOptions &options, Action &action) {
    auto *command =
        app.add_subcommand("probe", "Show what this machine is made of; changes nothing");
    command->add_flag("--json", options.json, "Print machine.json instead of a table");
    command
        ->add_option("--record", options.record,
                     "Save the raw facts in DIR (new or empty), to\n"
                     "look at this machine elsewhere")
        ->option_text("DIR, not together with --replay")
        ->check(named);
    command->add_option("--replay", options.replay, "Read such facts instead of this machine")
        ->option_text("DIR, not together with --record")
        ->check(named)
        ->excludes("--record");
    command->callback(
        [&] { action = [&](const Context &context) { return probe(context, options); }; });
}

void add_subject(CLI::App &command, Subject &subject) {
    command
        .add_option("--machine", subject.machine_file,
                    "For the machine of this machine.json instead of\nthis one")
        ->option_text("FILE, with --root")
        ->check(named);
    command.add_option("--root", subject.root, "Where that machine's kernel, /boot and tools are")
        ->option_text("DIR, with --machine")
        ->check(named);
    command.get_option("--machine")->needs("--root");
    command.get_option("--root")->needs("--machine");
}

void add_build(CLI::App &app, BuildOptions &options, Action &action) {
    auto *command = app.add_subcommand("build", "Make the bootable image of this machine");
    command->add_option("-o,--output", options.output, "The image to write")
        ->type_name("FILE")
        ->check(named)
        ->capture_default_str();
    command
        ->add_option("--kernel", options.kernel,
                     "Version of the kernel on the image\n(the running one)")
        ->type_name("VERSION")
        ->check(named);
    command->add_flag("--force", options.force,
                      "Replace an existing output, once the new one is\ncomplete");
    command->add_flag("--allow-degraded", options.allow_degraded,
                      "Build although an array lacks a member; the\nimage says so");
    command->add_flag("--joliet", options.joliet, "Add long file names for Windows readers");
    command
        ->add_option("--menu-password", options.password_hash,
                     "Ask for a password before the boot menu is\n"
                     "edited; a hash that grub-mkpasswd-pbkdf2 made")
        ->type_name("HASH")
        ->check(named);
    add_subject(*command, options);
    command->add_flag("--json", options.json, "Print the result as JSON");
    command->footer(
        "\nThe image is written completely or not at all, and read back. It holds /boot,\n"
        "which may hold keys: it is readable by root alone; keep its copies safe too.");
    command->callback(
        [&] { action = [&](const Context &context) { return build(context, options); }; });
}

CLI::App *add_image_command(CLI::App &app, const std::string &name, const std::string &help,
                            ImageOptions &options, Action &action,
                            util::Result<void> (*function)(const Context &, const ImageOptions &)) {
    auto *command = app.add_subcommand(name, help);
    command->add_option("FILE", options.file, "The image, or the device of a medium")
        ->type_name("")
        ->check(named)
        ->required();
    command->add_flag("--json", options.json, "Print the result as JSON");
    command->callback([&options, &action, function] {
        action = [&options, function](const Context &context) {
            return function(context, options);
        };
    });
    return command;
}

void add_burn(CLI::App &app, BurnOptions &options, Action &action) {
    auto *command = app.add_subcommand("burn", "Write an image to a disc or a USB stick");
    command->add_option("FILE", options.file, "The image")->type_name("")->required();
    command
        ->add_option("DEVICE", options.device,
                     "CD, DVD or BD drive, USB stick, or\nstdio:PATH, a file as a drive")
        ->type_name("")
        ->required();
    command->add_flag(
        "--dry-run", options.dry_run,
        "Show what it is, whether the image fits and\nwhat would be lost; write nothing");
    command
        ->add_option("--serial", options.serial,
                     "The device's serial, instead of being asked;\nits name where it has none")
        ->type_name("SERIAL");
    command->add_flag("--blank", options.blank, "Disc: blank it first (RW), or format it");
    command->add_option("--speed", options.speed, "Disc: write at N times its single speed")
        ->type_name("N")
        ->check(CLI::Range(0.1, 1000.0).description(""));
    command->add_flag("--simulate", options.simulate, "Disc: go through it with the laser off");
    command->add_flag("--eject", options.eject, "Disc: leave it outside at the end");
    command->add_flag("--data-partition", options.data_partition,
                      "Stick: make what the image leaves of it a FAT\npartition");
    command->add_flag("--json", options.json, "Print the result as JSON");
    command->footer(
        "\nThe image is checked first, then shown is what will be lost, and asked. Type\n"
        "yes; a disk that does not look like a stick to spare (not removable, a RAID\n"
        "member, a volume group, named in fstab) needs its serial typed. What is in use\n"
        "is never overwritten. What was written is read back from the medium and\n"
        "compared.\n"
        "  mdrescue burn bootcd.iso /dev/sr0           CD, DVD or BD\n"
        "  mdrescue burn --blank bootcd.iso /dev/sr0   a written CD-RW or DVD-RW\n"
        "  mdrescue burn --dry-run bootcd.iso /dev/sdb what is on that stick?\n"
        "  mdrescue burn bootcd.iso /dev/sdb           USB stick");
    command->callback(
        [&] { action = [&](const Context &context) { return burn(context, options); }; });
}

void add_recover(CLI::App &app, RecoverOptions &options, Action &action) {
    auto *command =
        app.add_subcommand("recover", "Bring this machine back after a disk was replaced");
    command->add_flag("--dry-run", options.dry_run,
                      "Show what was found and the plan with its\ncommands; write nothing");
    command
        ->add_option("--from", options.from,
                     "Image or device to take the record and /boot\nfrom (the last build's record, "
                     "and its disc\nwhere it is in a drive)")
        ->type_name("FILE|DEVICE")
        ->check(named);
    command->footer(
        "\nPut the new disk in, then run it. It shows what is missing and what it would\n"
        "do, and asks once. Only the disk it names is partitioned and formatted; md\n"
        "rebuilds the arrays onto it. Interrupted at any moment, started again it goes\n"
        "on. Where the machine does not start any more, boot the disc made by\n"
        "`mdrescue build`: it does the same. `mdrescue help recover` says it at length.");
    command->callback(
        [&] { action = [&](const Context &context) { return recover(context, options); }; });
}

util::Result<void> help(const CLI::App &app, const std::string &name) {
    // Not App::help: it is that of the command that was given, which is this one.
    const CLI::App *command = name.empty() ? &app : app.get_subcommand(name);
    return print(app.get_formatter()->make_help(command,
                                                name.empty() ? "mdrescue" : "mdrescue " + name,
                                                CLI::AppFormatMode::Normal) +
                 (name == "recover" ? recover_guide : ""));
}

void add_help(CLI::App &app, std::string &name, Action &action) {
    std::vector<std::string> names;
    for (const CLI::App *command : app.get_subcommands({}))
        names.push_back(command->get_name());
    auto *command = app.add_subcommand("help", "Help with a command; `help recover` teaches how\n"
                                               "a machine is brought back");
    command->add_option("COMMAND", name, "The command")
        ->type_name("")
        ->check(CLI::IsMember(names).description(""));
    command->callback([&] { action = [&](const Context &) { return help(app, name); }; });
}

void add_settings(CLI::App &command, std::string &settings) {
    command
        .add_option("--config", settings, "Go by this configuration instead of\n/etc/mdrescue.conf")
        ->type_name("FILE")
        ->check(named);
}

void add_status(CLI::App &app, StatusOptions &options, Action &action) {
    auto *command = app.add_subcommand("status", "Is the image still true of this machine?");
    command
        ->add_option("FILE", options.files,
                     "Images, or devices of media (the newest image\nthat is kept)")
        ->type_name("")
        ->check(named);
    command->add_flag("--verify", options.verify, "Read every byte of the images, too");
    command->add_flag("--json", options.json, "Print the result as JSON");
    command
        ->add_option("--prometheus", options.prometheus,
                     "Write the result as a text file for Prometheus'\nnode_exporter")
        ->type_name("FILE")
        ->check(named);
    add_settings(*command, options.settings);
    add_subject(*command, options);
    command->footer(
        "\nReads and compares; changes nothing. One line for each difference. Exit status\n"
        "0: fresh; 1: something differs, an array is degraded, or there is no image.");
    command->callback(
        [&] { action = [&](const Context &context) { return status(context, options); }; });
}

void add_refresh(CLI::App &app, RefreshOptions &options, Action &action) {
    auto *command =
        app.add_subcommand("refresh", "Make a new image where the kept one is not fresh");
    command->add_flag(
        "--hook", options.hook,
        "Called by a hook or the timer: with HOOKS=no in\nthe configuration no image is made");
    add_settings(*command, options.settings);
    add_subject(*command, options);
    command->footer(
        "\nWhat hooks and the daily timer call. Compares as `mdrescue status` does; where\n"
        "something differs, makes an image beside the others, and then removes the oldest\n"
        "that are too many. Of a machine that is not whole none is made while a good one\n"
        "is kept. Where, how many: /etc/mdrescue.conf, man mdrescue.conf.");
    command->callback(
        [&] { action = [&](const Context &context) { return refresh(context, options); }; });
}

/// A stream that was closed is taken by nothing else: what is said would be written into the image.
/// Opened for reading, so that writing stays an error.
void fill_standard_streams() {
    int descriptor = 0;
    do
        descriptor = ::open("/dev/null", O_RDONLY);
    while (descriptor >= 0 && descriptor <= STDERR_FILENO);
    if (descriptor > STDERR_FILENO)
        ::close(descriptor);
}

void on_interrupt(int) { util::cancel_requested = true; }

void catch_signals() {
    struct sigaction action {};
    action.sa_handler = on_interrupt;
    for (const int signal : {SIGINT, SIGTERM, SIGHUP})
        ::sigaction(signal, &action, nullptr);
}

/// What the operator reads is wrapped; what a program reads is one line for each thing.
int report(const util::Error &error) {
    std::string text = "mdrescue: " + error.message;
    if (!error.hint.empty())
        text += "\n" + error.hint;
    text = ::isatty(STDERR_FILENO) == 1 ? util::wrapped(text, terminal_columns) : text + "\n";
    if (shows_colours(STDERR_FILENO))
        text.replace(0, std::string_view("mdrescue:").size(), "\x1b[1;31mmdrescue:\x1b[0m");
    tell(text);
    return 1;
}

/// Help and version, or what is wrong with the command line.
int report(const CLI::App &app, const CLI::ParseError &error) {
    if (!app.get_subcommands().empty() || error.get_exit_code() == 0)
        return app.exit(error) == 0 ? 0 : 2;
    const auto unknown = app.remaining();
    std::string names;
    for (const auto *command : app.get_subcommands({}))
        names += (names.empty() ? "" : ", ") + command->get_name();
    const std::string reason =
        unknown.empty()
            ? "a command is missing"
            : fmt::format("no such {} \"{}\"", unknown[0].starts_with('-') ? "option" : "command",
                          util::printable(unknown[0]));
    tell(fmt::format("mdrescue: {}\nThe commands are {}. `mdrescue --help` says more.\n", reason,
                     names));
    return 2;
}

} // namespace

int run(int argc, char **argv) {
    fill_standard_streams();
    CLI::App app(description, "mdrescue");
    app.set_version_flag("--version", "mdrescue " MDRESCUE_VERSION);
    app.require_subcommand(1);
    app.footer(footer);
    app.get_formatter()->column_width(26);
    app.get_formatter()->label("SUBCOMMAND", "COMMAND");

    Action action;
    ProbeOptions probe_options;
    BuildOptions build_options;
    ImageOptions inspect_options;
    ImageOptions verify_options;
    BurnOptions burn_options;
    RecoverOptions recover_options;
    StatusOptions status_options;
    RefreshOptions refresh_options;
    add_probe(app, probe_options, action);
    add_build(app, build_options, action);
    add_image_command(app, "inspect", "Whose image it is, what is on it, how old", inspect_options,
                      action, inspect)
        ->add_flag("--sizes", inspect_options.sizes, "Also what its bytes are spent on");
    add_image_command(app, "verify", "Check every byte of an image or medium", verify_options,
                      action, verify);
    add_burn(app, burn_options, action);
    add_recover(app, recover_options, action);
    add_status(app, status_options, action);
    add_refresh(app, refresh_options, action);
    std::string help_of;
    add_help(app, help_of, action);
    for (auto *command : app.get_subcommands({}))
        command->group("Commands");

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError &error) {
        const int status = report(app, error);
        const auto printed = print(""); // help and version
        return printed ? status : report(printed.error());
    }
    catch_signals();
    const auto system = system::real_system();
    TerminalProgress progress(is_screen(STDERR_FILENO));
    const auto result = action({*system, progress, shows_colours(STDOUT_FILENO)});
    progress.end();
    return result ? 0 : report(result.error());
}

} // namespace mdrescue::cli
