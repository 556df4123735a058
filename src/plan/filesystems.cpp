// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/filesystems.h"

#include "util/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>

namespace mdrescue::plan {
namespace {

using model::Filesystem;
using Argv = std::vector<std::string>;

std::string parameter(const Filesystem &filesystem, const std::string &key) {
    const auto found = filesystem.parameters.find(key);
    return found == filesystem.parameters.end() ? std::string() : found->second;
}

std::uint64_t number(const Filesystem &filesystem, const std::string &key) {
    const std::string text = parameter(filesystem, key);
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

void add(Argv &argv, const char *option, const std::string &value) {
    if (!value.empty())
        argv.insert(argv.end(), {option, value});
}

bool is_ext(const Filesystem &filesystem) {
    return filesystem.type == "ext2" || filesystem.type == "ext3" || filesystem.type == "ext4";
}

std::vector<std::string_view> features(std::string_view list) {
    return list.empty() ? std::vector<std::string_view>{} : util::split(list, ',');
}

bool has_feature(const Filesystem &filesystem, std::string_view name) {
    const std::string list = parameter(filesystem, "features");
    const auto names = features(list);
    return std::find(names.begin(), names.end(), name) != names.end();
}

// --- ext2/3/4 ---

/// What mke2fs(8) makes from its name alone. Not here: what needs more than is recorded (bigalloc's
/// cluster size, casefold's encoding, an external journal, quota types), and what it refuses.
constexpr std::array<std::string_view, 24> ext_features{
    "has_journal",   "ext_attr",     "resize_inode",  "dir_index",         "sparse_super2",
    "stable_inodes", "orphan_file",  "filetype",      "meta_bg",           "extent",
    "64bit",         "mmp",          "flex_bg",       "ea_inode",          "large_dir",
    "inline_data",   "sparse_super", "large_file",    "huge_file",         "uninit_bg",
    "dir_nlink",     "extra_isize",  "metadata_csum", "metadata_csum_seed"};

bool can_make_ext(const Filesystem &filesystem) {
    const std::string list = parameter(filesystem, "features");
    const auto names = features(list);
    return std::all_of(names.begin(), names.end(), [](std::string_view name) {
        return std::find(ext_features.begin(), ext_features.end(), name) != ext_features.end();
    });
}

/// mke2fs takes reserved blocks as percent and rounds down: half a block more than wanted. At most
/// the 50 % it allows.
std::string reserved_percent(const Filesystem &filesystem) {
    const auto blocks = static_cast<double>(number(filesystem, "blocks"));
    const auto reserved = static_cast<double>(number(filesystem, "reserved_blocks"));
    if (parameter(filesystem, "reserved_blocks").empty() || blocks <= 0)
        return {};
    return fmt::format("{:.15g}",
                       reserved <= 0 ? 0.0 : std::min((reserved + 0.5) * 100 / blocks, 50.0));
}

std::string extended_options(const Filesystem &filesystem) {
    std::vector<std::string> options;
    for (const auto &[key, option] : {std::pair{"hash_seed", "hash_seed"},
                                      {"raid_stride", "stride"},
                                      {"raid_stripe_width", "stripe_width"}})
        if (const std::string value = parameter(filesystem, key); !value.empty() && value != "0")
            options.push_back(fmt::format("{}={}", option, value));
    return fmt::format("{}", fmt::join(options, ","));
}

Argv make_ext(const Filesystem &filesystem, const std::string &device) {
    constexpr std::uint64_t mib = 1U << 20U;
    Argv argv{"mke2fs", "-q"};
    // "none" first: the list is exact, whatever /etc/mke2fs.conf has for defaults.
    if (const auto found = filesystem.parameters.find("features");
        found != filesystem.parameters.end())
        add(argv, "-O", found->second.empty() ? "none" : "none," + found->second);
    else
        add(argv, "-t", filesystem.type);
    if (parameter(filesystem, "revision") == "0")
        add(argv, "-r", "0");
    add(argv, "-b", parameter(filesystem, "block_size"));
    add(argv, "-I", parameter(filesystem, "inode_size"));
    add(argv, "-N", parameter(filesystem, "inodes"));
    add(argv, "-m", reserved_percent(filesystem));
    if (has_feature(filesystem, "flex_bg") && number(filesystem, "flex_bg_size") > 0)
        add(argv, "-G", parameter(filesystem, "flex_bg_size"));
    if (const std::uint64_t journal = number(filesystem, "journal_size");
        has_feature(filesystem, "has_journal") && journal > 0)
        add(argv, "-J", fmt::format("size={}", (journal + mib - 1) / mib));
    add(argv, "-e", parameter(filesystem, "errors"));
    add(argv, "-U", filesystem.uuid);
    add(argv, "-L", filesystem.label);
    add(argv, "-E", extended_options(filesystem));
    argv.push_back(device);
    if (const std::string blocks = parameter(filesystem, "blocks");
        !blocks.empty() && !parameter(filesystem, "block_size").empty())
        argv.push_back(blocks);
    return argv;
}

/// Bits of s_default_mount_opts that stand alone (tune2fs(8), -o), and the two of the journal mode.
constexpr std::array<std::pair<std::uint64_t, const char *>, 9> mount_options{
    {{0x1, "debug"},
     {0x2, "bsdgroups"},
     {0x4, "user_xattr"},
     {0x8, "acl"},
     {0x10, "uid16"},
     {0x100, "nobarrier"},
     {0x200, "block_validity"},
     {0x400, "discard"},
     {0x800, "nodelalloc"}}};
constexpr std::uint64_t journal_mode = 0x60;

std::string mount_option_changes(std::uint64_t wanted, std::uint64_t found) {
    std::vector<std::string> changes;
    for (const auto &[bit, name] : mount_options)
        if (((wanted ^ found) & bit) != 0)
            changes.push_back(((wanted & bit) != 0 ? "" : "^") + std::string(name));
    constexpr std::array<const char *, 4> modes{"^journal_data_writeback", "journal_data",
                                                "journal_data_ordered", "journal_data_writeback"};
    if (((wanted ^ found) & journal_mode) != 0)
        changes.emplace_back(modes[(wanted & journal_mode) >> 5U]);
    return fmt::format("{}", fmt::join(changes, ","));
}

/// 0 and less mean "never" alike; tune2fs writes -1.
std::string mount_count(const Filesystem &filesystem) {
    const std::string text = parameter(filesystem, "max_mount_count");
    return text == "0" || text.starts_with('-') ? "-1" : text;
}

bool differ(const Filesystem &wanted, const Filesystem &found, const char *key) {
    return !parameter(wanted, key).empty() && parameter(wanted, key) != parameter(found, key);
}

std::string tuned_extended_options(const Filesystem &wanted, const Filesystem &found) {
    constexpr std::array<const char *, 3> hashes{"legacy", "half_md4", "tea"};
    std::vector<std::string> options;
    if (const std::uint64_t hash = number(wanted, "hash_version");
        differ(wanted, found, "hash_version") && hash < hashes.size())
        options.push_back(fmt::format("hash_alg={}", hashes[hash]));
    // mke2fs takes them from the disk where it is not told, and cannot be told that there are none.
    if (differ(wanted, found, "raid_stride"))
        options.push_back("stride=" + parameter(wanted, "raid_stride"));
    if (differ(wanted, found, "raid_stripe_width"))
        options.push_back("stripe_width=" + parameter(wanted, "raid_stripe_width"));
    return fmt::format("{}", fmt::join(options, ","));
}

// --- FAT ---

/// Characters a label may have (mkfs.fat(8), -n), and what every code page writes alike.
bool fat_label(std::string_view label) {
    return label.size() <= 11 && !label.starts_with(' ') &&
           std::all_of(label.begin(), label.end(), [](char c) {
               return c >= ' ' && c <= '~' &&
                      std::string_view("*?.,;:/\\|+=<>[]\"").find(c) == std::string_view::npos;
           });
}

/// mkfs.fat rounds sectors down to whole tracks, and reserved sectors, FATs and root directory up
/// to whole clusters, unless told not to. Where the record looks rounded, it rounds to the same
/// again; the geometry is given so that it does not come from another disk. 0: not rounded.
unsigned sectors_per_track(const Filesystem &filesystem) {
    const std::uint64_t sectors = number(filesystem, "sectors");
    const std::uint64_t cluster =
        std::max<std::uint64_t>(number(filesystem, "sectors_per_cluster"), 1);
    if (number(filesystem, "reserved_sectors") % cluster != 0)
        return 0;
    return sectors % 63 == 0 ? 63 : sectors % 32 == 0 ? 32 : 0;
}

/// Alignment, device, and the size in KiB: half a KiB too much is rounded away with the rest of a
/// track; without rounding mkfs.fat adds the device's own odd sector.
void add_fat_size(Argv &argv, const Filesystem &filesystem, const std::string &device) {
    const std::uint64_t bytes = number(filesystem, "sectors") * number(filesystem, "sector_size");
    const unsigned track = sectors_per_track(filesystem);
    if (bytes > 0 && track > 0)
        add(argv, "-g", fmt::format("{}/{}", track == 63 ? 255 : 64, track));
    else if (bytes > 0)
        argv.emplace_back("-a");
    argv.push_back(device);
    if (bytes > 0)
        argv.push_back(fmt::to_string((bytes + (track > 0 ? 1023 : 0)) / 1024));
}

Argv make_fat(const Filesystem &filesystem, const std::string &device) {
    Argv argv{"mkfs.vfat"};
    std::string id = filesystem.uuid;
    std::erase(id, '-');
    add(argv, "-i", id);
    add(argv, "-n", filesystem.label);
    add(argv, "-F", parameter(filesystem, "fat_bits"));
    add(argv, "-S", parameter(filesystem, "sector_size"));
    add(argv, "-s", parameter(filesystem, "sectors_per_cluster"));
    add(argv, "-R", parameter(filesystem, "reserved_sectors"));
    add(argv, "-f", parameter(filesystem, "fats"));
    if (number(filesystem, "root_entries") > 0) // FAT32 has no such area
        add(argv, "-r", parameter(filesystem, "root_entries"));
    add(argv, "-h", parameter(filesystem, "hidden_sectors"));
    if (const std::uint64_t media = number(filesystem, "media"); media != 0)
        add(argv, "-M", fmt::format("0x{:x}", media));
    add_fat_size(argv, filesystem, device);
    return argv;
}

// --- XFS: feature bits of fs/xfs/libxfs/xfs_format.h ---

/// Features that mkfs.xfs(8) makes or leaves out, all of the format with checksums (version 5), by
/// the xfsprogs that first knew the word.
enum class Since { always, later, newest }; ///< 4.9; 5.10 to 5.19; 6.10
struct XfsFeature {
    const char *field; ///< parameter
    std::uint64_t bit;
    const char *option; ///< of mkfs.xfs
    const char *word;
    Since since;
};
constexpr std::array<XfsFeature, 9> xfs_features{
    {{"features_ro_compat", 0x1, "-m", "finobt", Since::always},
     {"features_ro_compat", 0x2, "-m", "rmapbt", Since::always},
     {"features_ro_compat", 0x4, "-m", "reflink", Since::always},
     {"features_ro_compat", 0x8, "-m", "inobtcount", Since::later},
     {"features_incompat", 0x8, "-m", "bigtime", Since::later},
     {"features_incompat", 0x2, "-i", "sparse", Since::always},
     {"features_incompat", 0x20, "-i", "nrext64", Since::later},
     {"features_incompat", 0x40, "-i", "exchange", Since::newest},
     {"features_incompat", 0x80, "-n", "parent", Since::newest}}};
/// Of every version 5 mkfs.xfs makes: file types in directories.
constexpr std::uint64_t xfs_ftype = 0x1;
/// What a filesystem comes to be: it got another UUID, it has to be repaired.
constexpr std::uint64_t xfs_states = 0x4 | 0x10;
constexpr std::uint64_t xfs_no_case = 0x4000; ///< of version_features

std::uint64_t made_by_words(const char *field) {
    std::uint64_t bits = 0;
    for (const XfsFeature &feature : xfs_features)
        if (std::string_view(field) == feature.field)
            bits |= feature.bit;
    return bits;
}

bool can_make_xfs(const Filesystem &filesystem) {
    // mkfs.xfs makes no smaller one since xfsprogs 6.0.
    constexpr std::uint64_t smallest = 300U << 20U;
    const std::uint64_t incompat = number(filesystem, "features_incompat");
    return number(filesystem, "version") == 5 && (incompat & xfs_ftype) != 0 &&
           (number(filesystem, "features_ro_compat") & ~made_by_words("features_ro_compat")) == 0 &&
           (incompat & ~(made_by_words("features_incompat") | xfs_ftype | xfs_states)) == 0 &&
           (number(filesystem, "version_features") & xfs_no_case) == 0 &&
           number(filesystem, "external_log") == 0 && number(filesystem, "realtime_blocks") == 0 &&
           number(filesystem, "blocks") * number(filesystem, "block_size") >= smallest;
}

/// "finobt=1,rmapbt=0": the words of one option. A feature that is not there is named too, since it
/// may be a default, as far as the program knows its word.
std::string xfs_words(const Filesystem &filesystem, std::string_view option, Since known) {
    std::vector<std::string> words;
    for (const XfsFeature &feature : xfs_features) {
        const bool there = (number(filesystem, feature.field) & feature.bit) != 0;
        if (option == feature.option && (there || feature.since <= known))
            words.push_back(fmt::format("{}={}", feature.word, there ? 1 : 0));
    }
    return fmt::format("{}", fmt::join(words, ","));
}

/// In 512-byte units, as mkfs.xfs takes it; none where there is none, whatever the disk says of
/// itself.
std::string xfs_stripe(const Filesystem &filesystem) {
    const std::uint64_t units = number(filesystem, "block_size") / 512;
    const std::uint64_t unit = number(filesystem, "stripe_unit");
    return unit == 0 ? "noalign"
                     : fmt::format("sunit={},swidth={}", unit * units,
                                   number(filesystem, "stripe_width") * units);
}

Argv make_xfs(const Filesystem &filesystem, const std::string &device, Since known) {
    // -f: what is there is half made (execute looks first). -K: no time is spent on discarding.
    Argv argv{"mkfs.xfs", "-q", "-f", "-K"};
    const auto with = [&](const char *option, std::string first) {
        if (const std::string words = xfs_words(filesystem, option, known); !words.empty())
            first += "," + words;
        argv.insert(argv.end(), {option, std::move(first)});
    };
    add(argv, "-b", "size=" + parameter(filesystem, "block_size"));
    add(argv, "-s", "size=" + parameter(filesystem, "sector_size"));
    add(argv, "-d",
        fmt::format("size={}b,agsize={}b,{}", parameter(filesystem, "blocks"),
                    parameter(filesystem, "agblocks"), xfs_stripe(filesystem)));
    with("-m", "crc=1,uuid=" + filesystem.uuid);
    with("-i", "size=" + parameter(filesystem, "inode_size"));
    with("-n", "size=" + parameter(filesystem, "directory_block_size"));
    add(argv, "-L", filesystem.label);
    argv.push_back(device);
    return argv;
}

std::string xfs_feature_bits(const Filesystem &filesystem) {
    return fmt::format("{:x}/{:x}", number(filesystem, "features_ro_compat"),
                       number(filesystem, "features_incompat") & ~xfs_states);
}

// --- swap ---

Argv make_swap(const Filesystem &filesystem, const std::string &device) {
    Argv argv{"mkswap"};
    add(argv, "--uuid", filesystem.uuid);
    add(argv, "--label", filesystem.label);
    add(argv, "--pagesize", parameter(filesystem, "page_size"));
    argv.push_back(device);
    if (const std::uint64_t kib =
            number(filesystem, "pages") * number(filesystem, "page_size") / 1024;
        kib > 0)
        argv.push_back(fmt::to_string(kib));
    return argv;
}

std::string sorted_features(const Filesystem &filesystem) {
    const std::string list = parameter(filesystem, "features");
    auto names = features(list);
    std::sort(names.begin(), names.end());
    return fmt::format("{}", fmt::join(names, ","));
}

void compare(std::vector<std::string> &list, std::string_view what, const std::string &wanted,
             const std::string &found) {
    if (wanted != found)
        list.push_back(fmt::format("{} \"{}\" instead of \"{}\"", what, util::printable(found),
                                   util::printable(wanted)));
}

} // namespace

bool can_make(const Filesystem &filesystem) {
    constexpr std::size_t longest_swap_label = 15; // mkswap keeps the last byte for a NUL
    if (filesystem.type == "swap")
        return filesystem.label.size() <= longest_swap_label;
    if (filesystem.type == "vfat")
        return fat_label(filesystem.label);
    if (filesystem.type == "xfs")
        return can_make_xfs(filesystem);
    return is_ext(filesystem) && can_make_ext(filesystem);
}

Argv make_command(const Filesystem &filesystem, const std::string &device) {
    auto commands = make_commands(filesystem, device);
    return commands.empty() ? Argv{} : std::move(commands.front());
}

std::vector<Argv> make_commands(const Filesystem &filesystem, const std::string &device) {
    if (!can_make(filesystem))
        return {};
    if (filesystem.type == "swap")
        return {make_swap(filesystem, device)};
    if (filesystem.type == "xfs")
        return {make_xfs(filesystem, device, Since::later),
                make_xfs(filesystem, device, Since::newest),
                make_xfs(filesystem, device, Since::always)};
    return {is_ext(filesystem) ? make_ext(filesystem, device) : make_fat(filesystem, device)};
}

Argv adjust_command(const Filesystem &wanted, const Filesystem &found, const std::string &device) {
    Argv argv{"tune2fs"};
    if (!is_ext(wanted))
        return {};
    if (differ(wanted, found, "reserved_blocks"))
        add(argv, "-r", parameter(wanted, "reserved_blocks"));
    if (!mount_count(wanted).empty() && mount_count(wanted) != mount_count(found))
        add(argv, "-c", mount_count(wanted));
    if (differ(wanted, found, "check_interval"))
        add(argv, "-i", parameter(wanted, "check_interval") + "s");
    if (differ(wanted, found, "default_mount_options"))
        add(argv, "-o",
            mount_option_changes(number(wanted, "default_mount_options"),
                                 number(found, "default_mount_options")));
    add(argv, "-E", tuned_extended_options(wanted, found));
    if (argv.size() == 1)
        return {};
    argv.push_back(device);
    return argv;
}

std::vector<std::string> differences(const Filesystem &wanted, const Filesystem &found) {
    std::vector<std::string> list;
    compare(list, "type", wanted.type, found.type);
    if (!list.empty())
        return list;
    compare(list, "UUID", wanted.uuid, found.uuid);
    compare(list, "label", wanted.label, found.label);
    if (wanted.parameters.contains("features"))
        compare(list, "features", sorted_features(wanted), sorted_features(found));
    if (wanted.type == "xfs")
        compare(list, "features", xfs_feature_bits(wanted), xfs_feature_bits(found));
    for (const char *key : {"block_size", "blocks", "inode_size", "hash_seed", "fat_bits",
                            "sector_size", "page_size", "directory_block_size"})
        if (differ(wanted, found, key))
            compare(list, key, parameter(wanted, key), parameter(found, key));
    return list;
}

} // namespace mdrescue::plan
