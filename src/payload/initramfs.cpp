// SPDX-License-Identifier: GPL-3.0-or-later
#include "payload/initramfs.h"

#include "payload/archive_cache.h"
#include "payload/files.h"
#include "payload/firmware.h"
#include "payload/lists.h"
#include "payload/modules.h"
#include "payload/tools.h"
#include "payload/tree_builder.h"
#include "util/text.h"

#include <cerrno>
#include <cstdlib>
#include <fmt/format.h>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

namespace mdrescue::payload {

namespace {

/// Entries of nodes.list: `directory PATH MODE`, `character PATH MODE MAJOR MINOR`, `symlink PATH
/// TARGET`.
util::Result<void> add_node(TreeBuilder &builder, const ListEntry &entry) {
    const auto &words = entry.words;
    const auto number = [&](std::size_t i, int base) {
        return static_cast<std::uint32_t>(std::strtoul(words[i].c_str(), nullptr, base));
    };
    if (words.size() == 3 && words[0] == "directory")
        builder.directory(words[1], number(2, 8));
    else if (words.size() == 5 && words[0] == "character")
        builder.character_device(words[1], number(2, 8), number(3, 10), number(4, 10));
    else if (words.size() == 3 && words[0] == "symlink")
        builder.symlink(words[1], words[2]);
    else
        return util::fail(fmt::format("nodes.list:{}: not understood", entry.line));
    return {};
}

/// Files of the skeleton, word for word. Whoever checked them out or installed them may have
/// another umask: only "may be executed" is taken of the mode.
util::Result<void> add_skeleton(TreeBuilder &builder, const std::string &directory,
                                const std::string &prefix) {
    MDR_TRY_ASSIGN(const auto names, directory_names(directory));
    for (const auto &name : names) {
        const std::string source = directory + "/" + name;
        struct stat info {};
        if (::stat(source.c_str(), &info) != 0)
            return util::fail_errno("cannot read " + source, errno);
        if (S_ISDIR(info.st_mode)) {
            MDR_TRY(add_skeleton(builder, source, prefix + name + "/"));
            continue;
        }
        MDR_TRY_ASSIGN(std::string bytes, read_whole_file(source));
        builder.file(prefix + name, std::move(bytes), (info.st_mode & S_IXUSR) != 0 ? 0755 : 0644);
    }
    return {};
}

class Assembly {
  public:
    Assembly(const InitramfsRequest &request, InitramfsReport &report, util::Progress &progress)
        : request_(request), report_(report), progress_(progress), builder_(request.epoch),
          conditions_(conditions(request.machine)) {}

    util::Result<manifest::Tree> make() {
        progress_.phase("Choosing modules and tools", 0);
        add_merged_links(builder_);
        MDR_TRY(add_agent());
        MDR_TRY_ASSIGN(const auto nodes, list("nodes.list"));
        for (const auto &entry : nodes)
            MDR_TRY(add_node(builder_, entry));
        MDR_TRY(add_skeleton(builder_, request_.skeleton + "/skeleton", ""));
        MDR_TRY(add_modules());
        MDR_TRY(add_programs());
        return builder_.take();
    }

  private:
    util::Result<std::vector<ListEntry>> list(const char *name) {
        return read_list(request_.skeleton + "/" + name, conditions_);
    }

    util::Result<void> add_agent() {
        MDR_TRY(builder_.copy("usr/bin/mdrescue-agent", request_.agent, 0755));
        builder_.symlink("init", "usr/bin/mdrescue-agent");
        return {};
    }

    util::Result<void> add_modules() {
        MDR_TRY_ASSIGN(const ModuleIndex index, ModuleIndex::load(request_.kernel.modules));
        MDR_TRY_ASSIGN(const auto entries, list("modules.list"));
        MDR_TRY_ASSIGN(ModuleWishes wishes, module_wishes(entries));
        add_machine_wishes(wishes, request_.machine);
        if (!request_.sysfs.empty())
            for (const auto &name : bound_modules(request_.sysfs))
                wishes.needed.push_back(name);
        const ModuleSelection selection = select_modules(index, wishes);
        for (const auto &warning : selection.warnings)
            progress_.warn(warning);
        const std::string directory = "usr/lib/modules/" + request_.kernel.version + "/";
        std::set<std::string> firmware;
        for (const auto &[name, before] : selection.modules) {
            const std::string &path = index.modules().at(name).path;
            const std::string source = request_.kernel.modules + "/" + path;
            MDR_TRY_ASSIGN(const std::uint64_t size, builder_.copy(directory + path, source));
            report_.modules_bytes += size;
            MDR_TRY_ASSIGN(const auto names, firmware_names(source));
            firmware.insert(names.begin(), names.end());
            progress_.advance(report_.modules_bytes);
            if (util::cancel_requested)
                return util::cancelled();
        }
        for (auto &[name, text] : dependency_files(index, selection))
            builder_.file(directory + name, text);
        return add_firmware({firmware.begin(), firmware.end()});
    }

    util::Result<void> add_firmware(const std::vector<std::string> &names) {
        for (const auto &file : installed_firmware(request_.root, request_.kernel.version, names)) {
            MDR_TRY_ASSIGN(const std::uint64_t size,
                           builder_.copy("usr/lib/firmware/" + file.place, file.file));
            report_.firmware_bytes += size;
        }
        return {};
    }

    util::Result<void> add_programs() {
        MDR_TRY_ASSIGN(const auto entries, list("tools.list"));
        MDR_TRY(add_tools(builder_, request_.root, entries));
        MDR_TRY_ASSIGN(const auto applets, list("applets.list"));
        return add_applets(builder_, request_.root, applets);
    }

    const InitramfsRequest &request_;
    InitramfsReport &report_;
    util::Progress &progress_;
    TreeBuilder builder_;
    std::set<std::string> conditions_;
};

} // namespace

util::Result<manifest::Tree> initramfs_tree(const InitramfsRequest &request,
                                            InitramfsReport &report, util::Progress &progress) {
    return Assembly(request, report, progress).make();
}

util::Result<InitramfsReport> build_initramfs(const InitramfsRequest &request,
                                              const std::string &cache_directory,
                                              const std::string &output, util::Progress &progress) {
    InitramfsReport report;
    MDR_TRY_ASSIGN(const manifest::Tree tree, initramfs_tree(request, report, progress));
    const bool zstd = request.kernel.zstd_initramfs;
    report.path = output;
    report.compression = zstd ? "zstd -10" : "gzip -9";
    MDR_TRY_ASSIGN(const std::string key, archive_key(tree, zstd));
    if (!cache_directory.empty()) {
        MDR_TRY_ASSIGN(report.reused, fetch_archive(cache_directory, key, output));
    }
    if (!report.reused) {
        MDR_TRY(write_archive(tree, zstd, output, progress));
        // The sources may have changed while they were read; then this archive belongs to no key.
        MDR_TRY_ASSIGN(const std::string key_now, archive_key(tree, zstd));
        if (key_now != key)
            return util::fail("files of the rescue system changed while they were read",
                              "Run the build again.");
        if (!cache_directory.empty())
            if (const auto stored = store_archive(cache_directory, key, output); !stored)
                progress.warn(fmt::format("the rescue system is not kept for the next build: {}",
                                          stored.error().message));
    }
    struct stat info {};
    if (::stat(output.c_str(), &info) != 0)
        return util::fail_errno("cannot read " + util::printable(output), errno);
    report.size = static_cast<std::uint64_t>(info.st_size);
    return report;
}

} // namespace mdrescue::payload
