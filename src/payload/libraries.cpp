// SPDX-License-Identifier: GPL-3.0-or-later
#include "payload/libraries.h"

#include "payload/elf.h"
#include "payload/files.h"
#include "util/text.h"

#include <algorithm>
#include <deque>
#include <elf.h>
#include <filesystem>
#include <fmt/format.h>
#include <fnmatch.h>
#include <map>
#include <optional>

namespace mdrescue::payload {

namespace {

/// Directories the dynamic loader searches without being told: Debian's multiarch ones, then those
/// of all others.
std::vector<std::string> default_directories(std::uint16_t machine) {
    std::vector<std::string> directories;
    const std::string triplet = machine == EM_X86_64    ? "x86_64-linux-gnu"
                                : machine == EM_AARCH64 ? "aarch64-linux-gnu"
                                                        : "";
    if (!triplet.empty())
        directories = {"/lib/" + triplet, "/usr/lib/" + triplet};
    for (const char *directory : {"/lib64", "/usr/lib64", "/lib", "/usr/lib"})
        directories.emplace_back(directory);
    return directories;
}

std::string with_origin(std::string path, const std::string &origin) {
    for (const std::string &word : {std::string("${ORIGIN}"), std::string("$ORIGIN")})
        if (const auto found = path.find(word); found != std::string::npos)
            path.replace(found, word.size(), origin);
    return std::filesystem::path(path).lexically_normal().string();
}

class Closure {
  public:
    explicit Closure(const std::string &root) : root_(root) {
        read_configuration("/etc/ld.so.conf", 0);
    }

    util::Result<void> add_program(const std::string &program) {
        const auto file = resolved(root_, program);
        if (!file)
            return util::fail(fmt::format("{} is missing", util::printable(below(root_, program))));
        todo_.push_back(*file);
        while (!todo_.empty()) {
            const std::string next = todo_.front();
            todo_.pop_front();
            MDR_TRY(visit(next));
        }
        return {};
    }

    /// A library that some program opens by itself while it runs.
    util::Result<void> add_optional(const std::string &name) {
        if (interpreter_.empty())
            return {};
        if (const auto place = find(name, {}, machine_))
            MDR_TRY(add_library(*place));
        return {};
    }

    std::vector<Library> take() {
        std::vector<Library> libraries;
        for (const auto &[place, file] : found_)
            libraries.push_back({place, below(root_, file)});
        return libraries;
    }

  private:
    struct Place {
        std::string path;      ///< where ld.so finds it in the root
        std::string initramfs; ///< where ld.so without a cache finds it
    };

    /// ld.so.conf(5) as ldconfig(8) reads it: directories, and `include` with a pattern.
    void read_configuration(const std::string &path, int depth) {
        constexpr int deepest = 8;
        const auto file = resolved(root_, path);
        const auto text = file ? read_whole_file(below(root_, *file)) : util::Result<std::string>();
        if (!file || !text || depth > deepest)
            return;
        for (auto line : util::split(*text, '\n')) {
            line = util::trimmed(line.substr(0, line.find('#')));
            const auto words = util::split_words(line);
            if (words.size() == 2 && words[0] == "include")
                include(std::string(words[1]), depth);
            else if (!line.empty() && line.front() == '/')
                configured_.emplace_back(line);
        }
    }

    void include(const std::string &pattern, int depth) {
        const std::string directory = directory_name(pattern);
        const auto real = resolved(root_, directory);
        const auto names =
            real ? directory_names(below(root_, *real)) : util::Result<std::vector<std::string>>();
        if (!real || !names)
            return;
        for (const auto &name : *names)
            if (::fnmatch(base_name(pattern).c_str(), name.c_str(), FNM_PERIOD) == 0)
                read_configuration(directory + "/" + name, depth + 1);
    }

    [[nodiscard]] bool fits(const std::string &path, std::uint16_t machine) const {
        const auto file = resolved(root_, path);
        if (!file)
            return false;
        const auto bytes = read_whole_file(below(root_, *file));
        if (!bytes)
            return false;
        const auto dynamics = read_dynamics(*bytes);
        return dynamics && *dynamics && (*dynamics)->machine == machine;
    }

    [[nodiscard]] std::optional<Place> find(const std::string &name,
                                            const std::vector<std::string> &run_path,
                                            std::uint16_t machine) const {
        for (const auto &directory : run_path)
            if (const std::string path = directory + "/" + name; fits(path, machine))
                return Place{path, path};
        const auto defaults = default_directories(machine);
        for (const auto &directory : configured_) {
            const std::string path = directory + "/" + name;
            if (!fits(path, machine))
                continue;
            const bool searched =
                std::find(defaults.begin(), defaults.end(), directory) != defaults.end();
            return Place{path, searched ? path : libc_directory(defaults) + "/" + name};
        }
        for (const auto &directory : defaults)
            if (const std::string path = directory + "/" + name; fits(path, machine))
                return Place{path, path};
        return std::nullopt;
    }

    /// libc lies where this distribution's dynamic loader searches.
    [[nodiscard]] std::string libc_directory(const std::vector<std::string> &defaults) const {
        for (const auto &directory : defaults)
            if (resolved(root_, directory + "/libc.so.6"))
                return directory;
        return "/lib";
    }

    util::Result<void> visit(const std::string &file) {
        MDR_TRY_ASSIGN(const std::string bytes, read_whole_file(below(root_, file)));
        auto read = read_dynamics(bytes);
        if (!read)
            return util::with_context(util::printable(below(root_, file)), read.error());
        if (!*read)
            return {};
        const Dynamics &dynamics = **read;
        if (!dynamics.interpreter.empty()) {
            interpreter_ = dynamics.interpreter;
            machine_ = dynamics.machine;
            MDR_TRY(add_library({interpreter_, interpreter_}));
        }
        std::vector<std::string> run_path;
        for (const auto &path : dynamics.run_path)
            run_path.push_back(with_origin(path, directory_name(file)));
        for (const auto &name : dynamics.needed)
            MDR_TRY(add_needed(name, run_path, dynamics.machine, file));
        return {};
    }

    util::Result<void> add_needed(const std::string &name, const std::vector<std::string> &run_path,
                                  std::uint16_t machine, const std::string &wanted_by) {
        // The interpreter is loaded already and answers to its own name.
        if (name == base_name(interpreter_))
            return {};
        const auto place = name.find('/') != std::string::npos ? std::optional(Place{name, name})
                                                               : find(name, run_path, machine);
        if (!place)
            return util::fail(fmt::format("the library {} is missing, which {} needs",
                                          util::printable(name),
                                          util::printable(below(root_, wanted_by))));
        return add_library(*place);
    }

    util::Result<void> add_library(const Place &place) {
        if (found_.contains(place.initramfs))
            return {};
        const auto file = resolved(root_, place.path);
        if (!file)
            return util::fail(fmt::format("the library {} is missing",
                                          util::printable(below(root_, place.path))));
        found_[place.initramfs] = *file;
        todo_.push_back(*file);
        return {};
    }

    std::string root_;
    std::vector<std::string> configured_;
    std::string interpreter_;
    std::uint16_t machine_ = 0;
    std::deque<std::string> todo_;
    std::map<std::string, std::string> found_; ///< place in the initramfs → file below the root
};

} // namespace

util::Result<std::vector<Library>> library_closure(const std::string &root,
                                                   const std::vector<std::string> &programs,
                                                   const std::vector<std::string> &also) {
    Closure closure(root);
    for (const auto &program : programs)
        MDR_TRY(closure.add_program(program));
    for (const auto &name : also)
        MDR_TRY(closure.add_optional(name));
    return closure.take();
}

} // namespace mdrescue::payload
