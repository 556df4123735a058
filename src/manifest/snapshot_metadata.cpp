// SPDX-License-Identifier: GPL-3.0-or-later
#include "manifest/snapshot_metadata.h"

#include "util/bytes.h"
#include "util/text.h"

#include <array>
#include <fmt/format.h>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sys/sysmacros.h>
#include <utility>

namespace mdrescue::manifest {

namespace {

using Json = nlohmann::ordered_json;
using LinkKey = std::pair<std::uint64_t, std::uint64_t>;

constexpr std::array<std::pair<Node::Kind, const char *>, 6> kinds{
    {{Node::Kind::directory, "directory"},
     {Node::Kind::file, "file"},
     {Node::Kind::symlink, "symlink"},
     {Node::Kind::character_device, "character_device"},
     {Node::Kind::block_device, "block_device"},
     {Node::Kind::fifo, "fifo"}}};

bool is_device(Node::Kind kind) {
    return kind == Node::Kind::character_device || kind == Node::Kind::block_device;
}

Json bytes_json(const std::string &bytes) {
    return util::valid_utf8(bytes) ? Json(bytes) : Json{{"base64", util::base64(bytes)}};
}

std::uint64_t file_size(const Node &node) {
    const auto *source = std::get_if<FileSource>(&node.bytes);
    return source != nullptr ? source->size : std::get<std::string>(node.bytes).size();
}

void add_file(Json &line, const Node &node, std::map<LinkKey, std::string> &first_names) {
    line["size"] = file_size(node);
    const auto *source = std::get_if<FileSource>(&node.bytes);
    if (source == nullptr || source->inode == 0)
        return;
    const auto [first, is_new] =
        first_names.emplace(LinkKey(source->device, source->inode), node.path);
    if (!is_new)
        line["link"] = bytes_json(first->second);
}

Json node_json(const Node &node, std::map<LinkKey, std::string> &first_names) {
    Json line;
    line["path"] = bytes_json(node.path);
    for (const auto &[kind, name] : kinds)
        if (kind == node.kind)
            line["kind"] = name;
    line["mode"] = fmt::format("{:04o}", node.mode);
    line["uid"] = node.uid;
    line["gid"] = node.gid;
    line["mtime"] = node.mtime;
    line["mtime_nsec"] = node.mtime_nsec;
    if (node.kind == Node::Kind::file)
        add_file(line, node, first_names);
    if (node.kind == Node::Kind::symlink)
        line["target"] = bytes_json(node.target);
    if (is_device(node.kind)) {
        line["major"] = major(node.rdev);
        line["minor"] = minor(node.rdev);
    }
    for (const auto &[name, value] : node.xattrs)
        line["xattrs"].push_back({{"name", bytes_json(name)}, {"value", bytes_json(value)}});
    return line;
}

/// Reads the fields of one object and remembers which were read.
class Fields {
  public:
    explicit Fields(const Json &object) : object_(object) {}

    const Json *optional(const char *key) {
        const auto found = object_.find(key);
        if (found == object_.end())
            return nullptr;
        used_.insert(key);
        return &*found;
    }

    template <class T> util::Result<T> number(const char *key) {
        const Json *value = optional(key);
        if (value == nullptr || !value->is_number_integer())
            return util::fail(fmt::format("\"{}\" must be a whole number", key));
        const bool fits = value->is_number_unsigned()
                              ? std::in_range<T>(value->get<std::uint64_t>())
                              : std::in_range<T>(value->get<std::int64_t>());
        if (!fits)
            return util::fail(fmt::format("\"{}\" is out of range", key));
        return value->get<T>();
    }

    util::Result<std::string> bytes(const char *key) {
        const Json *value = optional(key);
        if (value != nullptr && value->is_string())
            return value->get<std::string>();
        if (value != nullptr && value->is_object() && value->size() == 1 &&
            value->contains("base64") && (*value)["base64"].is_string())
            return util::from_base64((*value)["base64"].get<std::string>());
        return util::fail(fmt::format("\"{}\" must be a text or base64", key));
    }

    util::Result<void> end() const {
        for (const auto &[key, value] : object_.items())
            if (!used_.contains(key))
                return util::fail(fmt::format("unknown key \"{}\"", util::printable(key)));
        return {};
    }

  private:
    const Json &object_;
    std::set<std::string> used_;
};

bool stays_inside(const std::string &path) {
    for (const auto part : util::split(path, '/'))
        if (part.empty() || part == "." || part == ".." ||
            part.find('\0') != std::string_view::npos)
            return false;
    return true;
}

util::Result<std::uint32_t> read_mode(Fields &fields) {
    MDR_TRY_ASSIGN(const std::string text, fields.bytes("mode"));
    if (text.size() != 4 || text.find_first_not_of("01234567") != std::string::npos)
        return util::fail("\"mode\" must be four octal digits");
    return static_cast<std::uint32_t>(std::stoul(text, nullptr, 8));
}

util::Result<Node::Kind> read_kind(Fields &fields) {
    MDR_TRY_ASSIGN(const std::string text, fields.bytes("kind"));
    for (const auto &[kind, name] : kinds)
        if (text == name)
            return kind;
    return util::fail(fmt::format("unknown kind \"{}\"", util::printable(text)));
}

util::Result<std::uint64_t> read_device(Fields &fields) {
    MDR_TRY_ASSIGN(const auto major_number, fields.number<std::uint32_t>("major"));
    MDR_TRY_ASSIGN(const auto minor_number, fields.number<std::uint32_t>("minor"));
    return makedev(major_number, minor_number);
}

util::Result<std::map<std::string, std::string>> read_xattrs(const Json &list) {
    if (!list.is_array())
        return util::fail("\"xattrs\" must be a list");
    std::map<std::string, std::string> xattrs;
    for (const auto &item : list) {
        Fields fields(item);
        MDR_TRY_ASSIGN(std::string name, fields.bytes("name"));
        MDR_TRY_ASSIGN(std::string value, fields.bytes("value"));
        MDR_TRY(fields.end());
        xattrs[std::move(name)] = std::move(value);
    }
    return xattrs;
}

class Parser {
  public:
    util::Result<void> parse_line(std::string_view line) {
        const Json object = Json::parse(line, nullptr, false);
        if (object.is_discarded() || !object.is_object())
            return util::fail("not a JSON object");
        MDR_TRY_ASSIGN(Node one, node(object));
        tree.push_back(std::move(one));
        return {};
    }

    Tree tree;

  private:
    util::Result<Node> node(const Json &object) {
        Fields fields(object);
        Node node;
        MDR_TRY_ASSIGN(node.path, fields.bytes("path"));
        if (!stays_inside(node.path))
            return util::fail("\"path\" leads out of the tree");
        if (!tree.empty() && node.path <= tree.back().path)
            return util::fail("paths are not in order");
        MDR_TRY_ASSIGN(node.kind, read_kind(fields));
        MDR_TRY_ASSIGN(node.mode, read_mode(fields));
        MDR_TRY_ASSIGN(node.uid, fields.number<std::uint32_t>("uid"));
        MDR_TRY_ASSIGN(node.gid, fields.number<std::uint32_t>("gid"));
        MDR_TRY_ASSIGN(node.mtime, fields.number<std::int64_t>("mtime"));
        MDR_TRY_ASSIGN(node.mtime_nsec, fields.number<std::uint32_t>("mtime_nsec"));
        if (node.kind == Node::Kind::file) {
            MDR_TRY_ASSIGN(node.bytes, file(fields, node.path));
        }
        if (node.kind == Node::Kind::symlink) {
            MDR_TRY_ASSIGN(node.target, fields.bytes("target"));
        }
        if (is_device(node.kind)) {
            MDR_TRY_ASSIGN(node.rdev, read_device(fields));
        }
        if (const Json *xattrs = fields.optional("xattrs")) {
            MDR_TRY_ASSIGN(node.xattrs, read_xattrs(*xattrs));
        }
        MDR_TRY(fields.end());
        return node;
    }

    util::Result<FileSource> file(Fields &fields, const std::string &path) {
        FileSource source;
        MDR_TRY_ASSIGN(source.size, fields.number<std::uint64_t>("size"));
        if (fields.optional("link") == nullptr) {
            files_[path] = tree.size();
            return source;
        }
        MDR_TRY_ASSIGN(const std::string name, fields.bytes("link"));
        const auto first = files_.find(name);
        if (first == files_.end())
            return util::fail("\"link\" names no earlier file");
        auto &other = std::get<FileSource>(tree[first->second].bytes);
        other.inode = first->second + 1;
        source.inode = other.inode;
        return source;
    }

    std::map<std::string, std::size_t> files_; ///< first names → place in the tree
};

} // namespace

std::string snapshot_metadata(const Tree &tree) {
    std::string text;
    std::map<LinkKey, std::string> first_names;
    for (const auto &node : tree)
        text += node_json(node, first_names).dump() + "\n";
    return text;
}

util::Result<Tree> parse_snapshot_metadata(std::string_view text) {
    Parser parser;
    unsigned number = 0;
    for (const auto line : util::split(text, '\n')) {
        ++number;
        if (line.empty())
            continue;
        if (auto parsed = parser.parse_line(line); !parsed)
            return util::with_context(fmt::format("line {}", number), parsed.error());
    }
    return std::move(parser.tree);
}

} // namespace mdrescue::manifest
