// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/host.h"

#include "etc/crypttab.h"
#include "etc/fstab.h"
#include "etc/lines.h"
#include "etc/mdadm_conf.h"
#include "util/bytes.h"
#include "util/text.h"

#include <array>
#include <fmt/format.h>
#include <utility>

namespace mdrescue::probe {
namespace {

constexpr std::array<const char *, 4> kept_files{"etc/fstab", "etc/mdadm/mdadm.conf",
                                                 "etc/mdadm.conf", "etc/crypttab"};
constexpr std::array<std::pair<const char *, const char *>, 6> texts{
    {{"hostname", "/proc/sys/kernel/hostname"},
     {"kernel", "/proc/sys/kernel/osrelease"},
     {"command-line", "/proc/cmdline"},
     {"machine-id", "/etc/machine-id"},
     {"vendor", "/sys/class/dmi/id/sys_vendor"},
     {"product", "/sys/class/dmi/id/product_name"}}};

/// e_machine of our own program tells what runs here without a fork (ELF specification).
std::string architecture_of(const std::string &elf_header) {
    constexpr std::size_t machine_at = 18;
    if (elf_header.size() < machine_at + 2)
        return {};
    switch (util::little_endian<std::uint16_t>(elf_header, machine_at)) {
    case 3: return "i686";
    case 62: return "x86_64";
    case 183: return "aarch64";
    case 243: return "riscv64";
    default: return {};
    }
}

/// os-release(5): a shell assignment, its value perhaps in quotes.
std::string pretty_name(const std::string &os_release) {
    for (const std::string &line : etc::split_lines(os_release)) {
        constexpr std::string_view key = "PRETTY_NAME=";
        if (!line.starts_with(key))
            continue;
        std::string value(util::trimmed(std::string_view(line).substr(key.size())));
        if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
            value.back() == value.front())
            value = value.substr(1, value.size() - 2);
        return value;
    }
    return {};
}

void warn_line(Observation &observation, const std::string &path, std::size_t line,
               const std::string &text, const std::string &problem) {
    if (!problem.empty())
        observation.warn(
            fmt::format("{} line {}: {}: {}", path, line, problem, util::printable(text)));
}

template <class File>
void warn_lines(Observation &observation, const std::string &path, const File &file) {
    for (std::size_t i = 0; i < file.lines.size(); ++i)
        warn_line(observation, path, i + 1, file.lines[i].text, file.lines[i].problem);
}

void warn_mdadm_conf(Observation &observation, const std::string &path,
                     const etc::MdadmConf &conf) {
    std::size_t number = 1;
    for (const etc::MdadmLine &line : conf.lines) {
        warn_line(observation, path, number, line.text.front(), line.problem);
        number += line.text.size();
    }
}

void check_file(Observation &observation, const model::VerbatimFile &file) {
    if (file.path == "/etc/fstab")
        warn_lines(observation, file.path, etc::parse_fstab(file.text));
    else if (file.path == "/etc/crypttab")
        warn_lines(observation, file.path, etc::parse_crypttab(file.text));
    else
        warn_mdadm_conf(observation, file.path, etc::parse_mdadm_conf(file.text));
}

} // namespace

void collect_host(Collector &collector) {
    for (const auto &[name, path] : texts)
        collector.keep_if_readable(std::string("system/") + name, path);
    if (!collector.keep_if_readable("system/os-release", "/etc/os-release"))
        collector.keep_if_readable("system/os-release", "/usr/lib/os-release");
    if (auto header = collector.system().read_at("/proc/self/exe", 0, 20))
        collector.keep("system/elf-header", std::move(*header));
    for (const char *file : kept_files)
        collector.keep_file(std::string("file/") + file, std::string("/") + file);
}

void read_host(Observation &observation, model::Machine &machine) {
    FactReader &facts = observation.facts;
    machine.host_name = facts.text("system/hostname");
    machine.kernel = facts.text("system/kernel");
    machine.command_line = facts.text("system/command-line");
    machine.machine_id = facts.text("system/machine-id");
    machine.product = util::trimmed(
        fmt::format("{} {}", facts.text("system/vendor"), facts.text("system/product")));
    machine.os = pretty_name(facts.bytes("system/os-release"));
    machine.architecture = architecture_of(facts.bytes("system/elf-header"));
    for (const char *name : kept_files)
        if (const std::string *text = facts.find(std::string("file/") + name)) {
            machine.files.push_back({std::string("/") + name, *text});
            check_file(observation, machine.files.back());
        }
}

} // namespace mdrescue::probe
