// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/grub_menu.h"

#include "media/template.h"
#include "util/text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fmt/format.h>

namespace mdrescue::media {
namespace {

constexpr std::size_t longest_host_name =
    30; // the title line must fit 80 columns beside GRUB's frame

/// Kernel parameters about hardware (Documentation/admin-guide/kernel-parameters.txt). A trailing
/// dot means all parameters of that module.
constexpr std::array hardware_names{
    "acpi",
    "acpi_osi",
    "ahci.",
    "amd_iommu",
    "amdgpu.",
    "clocksource",
    "console",
    "earlycon",
    "hpet",
    "hpsa.",
    "i915.",
    "idle",
    "intel_idle.",
    "intel_iommu",
    "iommu",
    "irqpoll",
    "libata.",
    "maxcpus",
    "mem",
    "megaraid_sas.",
    "memmap",
    "mgag200.",
    "module_blacklist",
    "mpt3sas.",
    "nmi_watchdog",
    "no_timer_check",
    "noacpi",
    "noapic",
    "nolapic",
    "nomodeset",
    "nosmp",
    "nouveau.",
    "nox2apic",
    "nvme.",
    "nvme_core.",
    "pci",
    "pcie_aspm",
    "pcie_ports",
    "processor.",
    "radeon.",
    "reboot",
    "scsi_mod.",
    "swiotlb",
    "tsc",
    "usb-storage.",
    "usbcore.",
    "video",
    "x2apic_phys",
};

constexpr std::string_view safe_characters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.,:=/@+-";

bool is_safe(std::string_view text) {
    return text.find_first_not_of(safe_characters) == std::string_view::npos;
}

/// Words of a kernel command line; blanks inside double quotes do not part them.
std::vector<std::string> parameters(std::string_view command_line) {
    std::vector<std::string> words(1);
    bool quoted = false;
    for (const char c : command_line) {
        quoted = quoted != (c == '"');
        if (!quoted && (c == ' ' || c == '\t' || c == '\n'))
            words.emplace_back();
        else
            words.back() += c;
    }
    std::erase(words, "");
    return words;
}

bool about_hardware(std::string_view parameter) {
    const std::string_view name = parameter.substr(0, parameter.find('='));
    return std::any_of(hardware_names.begin(), hardware_names.end(), [&](std::string_view known) {
        return known.back() == '.' ? name.substr(0, known.size()) == known : name == known;
    });
}

/// Quoted for GRUB's script language, where nothing but the quote itself is special inside single
/// quotes (GRUB manual, "Quoting").
std::string grub_quoted(std::string_view text) {
    std::string quoted = "'";
    for (const char c : text)
        quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted + "'";
}

std::string title_text(std::string_view name) {
    std::string title;
    for (const char c : util::printable(name.substr(0, longest_host_name)))
        title += c >= ' ' && c <= '~' ? c : '?';
    return title.empty() ? "this machine" : title.substr(0, longest_host_name);
}

bool has_control_characters(std::string_view text) {
    return std::any_of(text.begin(), text.end(),
                       [](unsigned char c) { return std::iscntrl(c) != 0; });
}

struct SerialPort {
    std::string unit = "0";
    std::string speed = "115200";
};

bool is_serial_console(std::string_view parameter) {
    return parameter.substr(0, 12) == "console=ttyS";
}

/// The port of the machine's last console=ttyS…; GRUB itself knows the four classic ports.
SerialPort serial_port(const std::vector<std::string> &kept) {
    SerialPort port;
    for (const std::string_view parameter : kept) {
        if (!is_serial_console(parameter) || parameter.size() < 13 || parameter[12] < '0' ||
            parameter[12] > '3' || (parameter.size() > 13 && parameter[13] != ','))
            continue;
        port.unit = std::string(1, parameter[12]);
        std::string_view speed = parameter.substr(std::min<std::size_t>(14, parameter.size()));
        speed = speed.substr(0, std::min(speed.find_first_not_of("0123456789"), std::size_t{7}));
        port.speed = speed.empty()
                         ? "9600"
                         : std::string(speed); // the kernel's default (serial-console.rst)
    }
    return port;
}

/// The screen first, then the machine's own consoles, or the first serial port where it names none:
/// the last one becomes /dev/console.
std::string kernel_arguments(const std::vector<std::string> &kept, const std::string &image_id) {
    std::vector<std::string> arguments{"mdrescue.id=" + image_id, "console=tty0"};
    bool serial = false;
    for (const auto &parameter : kept) {
        serial = serial || is_serial_console(parameter);
        if (std::find(arguments.begin(), arguments.end(), parameter) == arguments.end())
            arguments.push_back(parameter);
    }
    if (!serial)
        arguments.emplace_back("console=ttyS0,115200");
    return fmt::format("{}", fmt::join(arguments, " "));
}

std::string password_lines(const std::string &hash) {
    return hash.empty() ? "# No password is set: anyone at the keyboard can edit these entries."
                        : "set superusers=mdrescue\npassword_pbkdf2 mdrescue " + hash;
}

/// grub.pbkdf2.sha512.<iterations>.<salt>.<hash>, the last two in hex.
bool is_password_hash(std::string_view hash) {
    const auto fields = util::split(hash, '.');
    const auto all_of = [](std::string_view text, std::string_view allowed) {
        return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
    };
    return fields.size() == 6 && fields[0] == "grub" && fields[1] == "pbkdf2" &&
           fields[2] == "sha512" && all_of(fields[3], "0123456789") &&
           all_of(fields[4], "0123456789ABCDEFabcdef") &&
           all_of(fields[5], "0123456789ABCDEFabcdef");
}

/// Loaders that the firmware's boot entries name, in boot order, as GRUB paths. \EFI\BOOT is left
/// out: the medium has that directory itself.
std::vector<std::string> installed_loaders(const model::Firmware &firmware) {
    std::vector<std::string> loaders;
    for (const unsigned number : firmware.boot_order)
        for (const auto &entry : firmware.boot_entries) {
            std::string path = entry.file;
            std::replace(path.begin(), path.end(), '\\', '/');
            std::string upper = path;
            std::transform(upper.begin(), upper.end(), upper.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
            const bool usable = entry.number == number && entry.active &&
                                !entry.partition_guid.empty() && !path.empty() && path[0] == '/' &&
                                is_safe(path) && upper.rfind("/EFI/BOOT/", 0) != 0;
            if (usable && std::find(loaders.begin(), loaders.end(), path) == loaders.end())
                loaders.push_back(path);
        }
    return loaders;
}

std::string chain_lines(const model::Firmware &firmware) {
    std::string lines;
    for (const auto &loader : installed_loaders(firmware))
        // $root is what the loader is told to come from, and where shim looks for its GRUB.
        lines += fmt::format("        if search --no-floppy --set=root --file {0}; then\n"
                             "            chainloader {0}\n"
                             "            boot\n"
                             "        fi\n",
                             loader);
    return lines;
}

/// Parameters that would make this kernel start something else than our initramfs, or wait for what
/// is gone: other initramfs programs, the loader's own words, our words of another start, resuming.
bool of_another_start(std::string_view parameter) {
    const std::string_view name = parameter.substr(0, parameter.find('='));
    constexpr std::array<std::string_view, 7> names{
        "BOOT_IMAGE", "initrd", "rdinit", "resume", "resume_offset", "noresume", "resumewait"};
    return std::find(names.begin(), names.end(), name) != names.end() ||
           name.substr(0, 9) == "mdrescue.";
}

/// What the machine's own boot menu tells its kernel and its init (root=, ro, net.ifnames=0, …).
/// The agent's consoles come before its own, so that its own /dev/console stays what it is.
std::string installed_arguments(const model::Profile &profile) {
    auto kept = parameters(profile.machine.command_line);
    std::erase_if(kept, [](const std::string &parameter) {
        return of_another_start(parameter) || !is_safe(parameter);
    });
    std::vector<std::string> arguments{"mdrescue.id=" + profile.image_id};
    if (std::none_of(kept.begin(), kept.end(), is_serial_console))
        arguments.emplace_back("console=ttyS0,115200");
    if (std::find(kept.begin(), kept.end(), "console=tty0") == kept.end())
        arguments.emplace_back("console=tty0");
    arguments.insert(arguments.end(), kept.begin(), kept.end());
    return fmt::format("{}", fmt::join(arguments, " "));
}

std::string installed_entry(const GrubMenuRequest &request) {
    return fmt::format("menuentry 'Start the installed system from this medium' --id installed "
                       "--unrestricted {{\n"
                       "    echo 'Loading. Over virtual media this may take minutes.'\n"
                       "    linux \"($medium)\"{} mdrescue.mode=installed {}\n"
                       "    initrd \"($medium)\"{}\n"
                       "}}\n",
                       grub_quoted(request.kernel), installed_arguments(request.profile),
                       grub_quoted(request.initramfs));
}

} // namespace

std::vector<std::string> hardware_parameters(std::string_view command_line) {
    auto kept = parameters(command_line);
    std::erase_if(kept, [](const std::string &parameter) {
        return !about_hardware(parameter) || !is_safe(parameter);
    });
    return kept;
}

util::Result<void> check_password_hash(std::string_view hash) {
    if (hash.empty() || is_password_hash(hash))
        return {};
    return util::fail("the password hash is not one of grub-mkpasswd-pbkdf2",
                      "Give the text it prints from \"grub.pbkdf2.sha512.\" on.");
}

util::Result<std::string> grub_menu(const GrubMenuRequest &request,
                                    std::string_view template_text) {
    if (has_control_characters(request.kernel) || has_control_characters(request.initramfs))
        return util::fail(
            fmt::format("the path {} has control characters, which GRUB cannot be told",
                        util::printable(request.kernel)),
            "Rename the kernel's file.");
    MDR_TRY(check_password_hash(request.password_hash));
    if (!is_safe(request.profile.image_id))
        return util::fail("the image id is not a UUID");
    const auto kept = hardware_parameters(request.profile.machine.command_line);
    const SerialPort port = serial_port(kept);
    const std::string host = title_text(request.profile.machine.host_name);
    return filled_template(
        template_text, {{"RECOVERY_TITLE", grub_quoted(fmt::format("Guided recovery of {}", host))},
                        {"KERNEL", grub_quoted(request.kernel)},
                        {"INITRAMFS", grub_quoted(request.initramfs)},
                        {"ARGUMENTS", kernel_arguments(kept, request.profile.image_id)},
                        {"SERIAL_UNIT", port.unit},
                        {"SERIAL_SPEED", port.speed},
                        {"PASSWORD", password_lines(request.password_hash)},
                        {"INSTALLED_ENTRY", installed_entry(request)},
                        {"CHAIN_LOADERS", chain_lines(request.profile.machine.firmware)}});
}

} // namespace mdrescue::media
