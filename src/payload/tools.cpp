// SPDX-License-Identifier: GPL-3.0-or-later
#include "payload/tools.h"

#include "payload/files.h"
#include "payload/libraries.h"
#include "util/text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <optional>
#include <sys/stat.h>

namespace mdrescue::payload {

namespace {

bool is_regular(const std::string &path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

/// Path below the root with all links followed.
std::optional<std::string> find_program(const std::string &root, const std::string &name) {
    for (const char *directory : {"/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"})
        if (auto file = resolved(root, directory + name); file && is_regular(below(root, *file)))
            return file;
    return std::nullopt;
}

class Tools {
  public:
    Tools(TreeBuilder &builder, const std::string &root) : builder_(builder), root_(root) {}

    util::Result<void> add(const ListEntry &entry) {
        const auto &words = entry.words;
        const bool understood =
            words.size() == 4 && (words[0] == "required" || words[0] == "optional") &&
            (words[1] == "program" || words[1] == "file" || words[1] == "library");
        if (!understood)
            return util::fail(fmt::format("tools.list:{}: not understood: {}", entry.line,
                                          fmt::join(words, " ")));
        if (words[1] == "library") {
            libraries_.push_back(words[2]);
            return {};
        }
        MDR_TRY_ASSIGN(const bool found,
                       words[1] == "program" ? add_program(words[2]) : add_file(words[2]));
        if (!found && words[0] == "required")
            return util::fail(
                fmt::format("{} is missing under {}, and the rescue system cannot do without it",
                            words[2], util::printable(root_)),
                fmt::format("Install the package {}.", words[3]));
        return {};
    }

    util::Result<void> finish() {
        MDR_TRY_ASSIGN(const auto closure, library_closure(root_, programs_, libraries_));
        for (const auto &library : closure)
            MDR_TRY(copy(merged_place(library.place), library.file, 0755));
        return {};
    }

  private:
    /// Some programs act by the name they are called, so a link keeps its name and the file its
    /// own.
    util::Result<bool> add_program(const std::string &name) {
        const auto file = find_program(root_, name);
        if (!file)
            return false;
        const std::string real = base_name(*file);
        MDR_TRY(copy("usr/bin/" + real, below(root_, *file), 0755));
        if (real != name)
            builder_.symlink("usr/bin/" + name, real);
        programs_.push_back(*file);
        return true;
    }

    util::Result<bool> add_file(const std::string &alternatives) {
        for (const auto path : util::split(alternatives, ',')) {
            const auto file = resolved(root_, std::string(path));
            if (!file || !is_regular(below(root_, *file)))
                continue;
            MDR_TRY(copy(merged_place(std::string(path)), below(root_, *file), 0644));
            return true;
        }
        return false;
    }

    util::Result<void> copy(const std::string &place, const std::string &file, std::uint32_t mode) {
        MDR_TRY(builder_.copy(place, file, mode));
        return {};
    }

    TreeBuilder &builder_;
    std::string root_;
    std::vector<std::string> programs_; ///< below the root
    std::vector<std::string> libraries_;
};

} // namespace

util::Result<void> add_tools(TreeBuilder &builder, const std::string &root,
                             const std::vector<ListEntry> &entries) {
    Tools tools(builder, root);
    for (const auto &entry : entries)
        MDR_TRY(tools.add(entry));
    return tools.finish();
}

util::Result<void> add_applets(TreeBuilder &builder, const std::string &root,
                               const std::vector<ListEntry> &entries) {
    const auto busybox = find_program(root, "busybox");
    if (!busybox)
        return util::fail(fmt::format("busybox is missing under {}", util::printable(root)),
                          "Install the package busybox-static or busybox.");
    MDR_TRY_ASSIGN(const std::string bytes, read_whole_file(below(root, *busybox)));
    for (const auto &entry : entries)
        for (const auto &applet : entry.words) {
            // busybox keeps the names of its applets as one run of zero-terminated strings.
            const std::string stored = '\0' + applet + '\0';
            if (bytes.find(stored) != std::string::npos)
                builder.symlink("usr/bin/" + applet, "busybox");
        }
    return {};
}

} // namespace mdrescue::payload
