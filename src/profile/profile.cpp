// SPDX-License-Identifier: GPL-3.0-or-later
#include "profile/profile.h"

#include "profile/check.h"
#include "profile/fields.h"
#include "util/bytes.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

namespace mdrescue::profile {
namespace {

using nlohmann::json;

constexpr std::string_view profile_format = "mdrescue profile";
constexpr std::string_view machine_format = "mdrescue machine";
constexpr std::size_t longest_text =
    64U << 20U; // far above any machine's; JSON takes many times its size in memory
constexpr unsigned deepest = 32;
constexpr const char *damaged_hint = "The file is damaged or was changed by hand.";

template <class T>
concept Number = std::integral<T> && !std::same_as<T, bool>;

// ----------------------------------------------------------------------------------------------
// writing

json written_binary(const std::string &bytes) { return json{{"base64", util::base64(bytes)}}; }

struct Writer {
    json object = json::object();

    template <class T> void operator()(const char *name, const T &value) {
        object[name] = written(value);
    }
    template <class T>
    void operator()(const char *name, const T &value, const Range & /*constraint*/) {
        object[name] = written(value);
    }
    void operator()(const char *name, const std::string &value, const Binary & /*constraint*/) {
        object[name] = written_binary(value);
    }

    static json written(bool value) { return value; }
    template <Number T> static json written(T value) { return value; }
    static json written(const std::string &value) {
        return util::valid_utf8(value) ? json(value) : written_binary(value);
    }
    template <class T>
    requires std::is_enum_v<T>
    static json written(T value) {
        const auto names = names_of(value);
        return std::find_if(names.begin(), names.end(),
                            [&](const auto &name) { return name.second == value; })
            ->first;
    }
    template <class T> static json written(const std::optional<T> &value) {
        return value ? written(*value) : json(nullptr);
    }
    template <class T> static json written(const std::vector<T> &list) {
        json array = json::array();
        for (const auto &value : list)
            array.push_back(written(static_cast<const T &>(value)));
        return array;
    }
    static json written(const std::map<std::string, std::string> &map) {
        json object = json::object();
        for (const auto &[name, value] : map)
            object[name] = written(value);
        return object;
    }
    template <class T>
    requires requires(Writer &writer, const T &value) { fields(writer, value); }
    static json written(const T &value) {
        Writer writer;
        fields(writer, value);
        return std::move(writer.object);
    }
};

/// Plain ASCII whatever the labels hold, since it is also shown on terminals. Never throws: a map
/// key that is no UTF-8 is written with replacement characters.
std::string dumped(const json &value) {
    return value.dump(2, ' ', true, json::error_handler_t::replace) + "\n";
}

// ----------------------------------------------------------------------------------------------
// reading

/// Fills one struct from one JSON object; after the first error, kept with its path, it does
/// nothing more.
class Reader {
  public:
    Reader(const json &object, std::string path) : object_(object), path_(std::move(path)) {}

    template <class T> void operator()(const char *name, T &value) {
        if (const json *found = field(name))
            keep(read(*found, value, path_to(name)));
    }
    template <class T> void operator()(const char *name, T &value, const Range &range) {
        if (const json *found = field(name))
            keep(read_number(*found, value, path_to(name), range));
    }
    void operator()(const char *name, std::string &value, const Binary & /*constraint*/) {
        if (const json *found = field(name))
            keep(read_binary(*found, value, path_to(name)));
    }

    /// Reads the whole struct, and refuses fields nobody knows. also: names the caller has read
    /// already.
    template <class T>
    util::Result<void> read_fields(T &value, std::vector<std::string_view> also = {}) {
        if (!object_.is_object())
            return wrong(path_, "must be an object");
        known_ = std::move(also);
        fields(*this, value);
        if (error_)
            return tl::unexpected(*error_);
        for (const auto &item : object_.items())
            if (std::find(known_.begin(), known_.end(), item.key()) == known_.end())
                return wrong(path_to(util::printable(item.key())), "unknown field");
        return {};
    }

  private:
    static tl::unexpected<util::Error> wrong(const std::string &path, std::string_view what) {
        return util::fail(fmt::format("{}: {}", path.empty() ? "profile" : path, what),
                          damaged_hint);
    }

    [[nodiscard]] std::string path_to(std::string_view name) const {
        return path_.empty() ? std::string(name) : fmt::format("{}.{}", path_, name);
    }

    const json *field(const char *name) {
        if (error_)
            return nullptr;
        known_.emplace_back(name);
        const auto found = object_.find(name);
        if (found == object_.end()) {
            keep(wrong(path_to(name), "missing"));
            return nullptr;
        }
        return &*found;
    }

    void keep(util::Result<void> result) {
        if (!result)
            error_ = std::move(result.error());
    }

    static util::Result<void> read(const json &from, bool &value, const std::string &path) {
        if (!from.is_boolean())
            return wrong(path, "must be true or false");
        value = from.get<bool>();
        return {};
    }

    template <Number T>
    static util::Result<void> read(const json &from, T &value, const std::string &path) {
        constexpr T least = std::numeric_limits<T>::min();
        constexpr T most = std::numeric_limits<T>::max();
        // nlohmann keeps what fits 64 bits as integers and makes anything larger a floating point
        // number.
        const bool inside = from.is_number_unsigned()  ? std::in_range<T>(from.get<std::uint64_t>())
                            : from.is_number_integer() ? std::in_range<T>(from.get<std::int64_t>())
                                                       : false;
        if (!inside)
            return wrong(path, fmt::format("must be a whole number from {} to {}", least, most));
        value = from.get<T>();
        return {};
    }

    template <Number T>
    static util::Result<void> read_number(const json &from, T &value, const std::string &path,
                                          const Range &range) {
        T number = 0;
        if (!read(from, number, path) || std::cmp_less(number, range.least) ||
            std::cmp_greater(number, range.most))
            return wrong(
                path, fmt::format("must be a whole number from {} to {}", range.least, range.most));
        value = number;
        return {};
    }

    static util::Result<void> read_binary(const json &from, std::string &value,
                                          const std::string &path) {
        if (!from.is_object() || from.size() != 1 || !from.contains("base64") ||
            !from["base64"].is_string())
            return wrong(path, "must be an object with the one field \"base64\"");
        auto bytes = util::from_base64(from["base64"].get_ref<const std::string &>());
        if (!bytes)
            return wrong(path, bytes.error().message);
        value = std::move(*bytes);
        return {};
    }

    static util::Result<void> read(const json &from, std::string &value, const std::string &path) {
        if (from.is_object())
            return read_binary(from, value, path);
        if (!from.is_string())
            return wrong(path, "must be text");
        value = from.get<std::string>();
        return {};
    }

    template <class T>
    requires std::is_enum_v<T>
    static util::Result<void> read(const json &from, T &value, const std::string &path) {
        std::string allowed;
        for (const auto &[name, named] : names_of(value)) {
            if (from.is_string() && from.get_ref<const std::string &>() == name) {
                value = named;
                return {};
            }
            allowed += fmt::format("{}\"{}\"", allowed.empty() ? "" : ", ", name);
        }
        return wrong(path, "must be one of " + allowed);
    }

    template <class T>
    static util::Result<void> read(const json &from, std::optional<T> &value,
                                   const std::string &path) {
        value.reset();
        return from.is_null() ? util::Result<void>{} : read(from, value.emplace(), path);
    }

    template <class T>
    static util::Result<void> read(const json &from, std::vector<T> &list,
                                   const std::string &path) {
        if (!from.is_array())
            return wrong(path, "must be a list");
        list.clear();
        for (std::size_t i = 0; i < from.size(); ++i) {
            T value{};
            MDR_TRY(read(from[i], value, fmt::format("{}[{}]", path, i)));
            list.push_back(std::move(value));
        }
        return {};
    }

    static util::Result<void> read(const json &from, std::map<std::string, std::string> &map,
                                   const std::string &path) {
        if (!from.is_object())
            return wrong(path, "must be an object");
        map.clear();
        for (const auto &item : from.items())
            MDR_TRY(read(item.value(), map[item.key()],
                         fmt::format("{}.{}", path, util::printable(item.key()))));
        return {};
    }

    template <class T>
    requires requires(Reader &reader, T &value) { fields(reader, value); }
    static util::Result<void> read(const json &from, T &value, const std::string &path) {
        return Reader(from, path).read_fields(value);
    }

    const json &object_;
    std::string path_;
    std::vector<std::string_view> known_;
    std::optional<util::Error> error_;
};

/// Whether brackets outside of strings are nested deeper than any profile's.
bool too_deep(std::string_view text) {
    unsigned depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\')
                ++i;
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            if (++depth > deepest)
                return true;
        } else if ((c == ']' || c == '}') && depth > 0) {
            --depth;
        }
    }
    return false;
}

util::Result<json> parsed(std::string_view text) {
    if (text.size() > longest_text)
        return util::fail("larger than any machine profile", damaged_hint);
    if (too_deep(text))
        return util::fail("nested deeper than any machine profile", damaged_hint);
    try {
        return json::parse(text);
    } catch (const json::parse_error &error) {
        return util::fail(
            fmt::format("not JSON: something is wrong at byte {} of {}", error.byte, text.size()),
            damaged_hint);
    } catch (const json::exception &) {
        return util::fail("not JSON: a number is out of all bounds", damaged_hint);
    }
}

std::string text_field(const json &object, const char *name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

/// Looked at before anything else, since a newer version may hold any other fields.
util::Result<void> check_version(const json &document) {
    const auto found = document.find("version");
    if (found == document.end() || !found->is_number_integer())
        return util::fail("version: must be a whole number", damaged_hint);
    // A version that does not even fit is newer than ours, too.
    const bool newer =
        found->is_number_unsigned() &&
        found->get<std::uint64_t>() > static_cast<std::uint64_t>(model::Profile::current_version);
    if (newer) {
        const std::string made_by = util::printable(text_field(document, "made_by"));
        return util::fail(
            fmt::format("made by {} with profile version {}; this program reads up to version {}",
                        made_by.empty() ? "a newer mdrescue" : made_by, found->get<std::uint64_t>(),
                        model::Profile::current_version),
            "Use the program on the image, or a newer mdrescue package.");
    }
    if (*found != model::Profile::current_version)
        return util::fail(
            fmt::format("version: there is no version {}", found->get<std::int64_t>()),
            damaged_hint);
    return {};
}

/// {"format", "version", "machine"}: what `probe --json` prints.
struct BareMachine {
    model::Machine machine;
};
template <class Visit, Is<BareMachine> T> void fields(Visit &visit, T &bare) {
    visit("machine", bare.machine);
}

template <class T> json document(std::string_view format, const T &content) {
    json made = Writer::written(content);
    made["format"] = format;
    made["version"] = model::Profile::current_version;
    return made;
}

} // namespace

std::string to_json(const model::Profile &profile) {
    return dumped(document(profile_format, profile));
}

std::string to_json(const model::Machine &machine) {
    return dumped(document(machine_format, BareMachine{machine}));
}

util::Result<model::Profile> from_json(std::string_view text) {
    MDR_TRY_ASSIGN(const json root, parsed(text));
    const std::string format = root.is_object() ? text_field(root, "format") : "";
    if (format != profile_format && format != machine_format)
        return util::fail("not a machine profile of mdrescue");
    MDR_TRY(check_version(root));

    model::Profile profile;
    Reader reader(root, "");
    if (format == profile_format) {
        MDR_TRY(reader.read_fields(profile, {"format", "version"}));
    } else {
        BareMachine bare;
        MDR_TRY(reader.read_fields(bare, {"format", "version"}));
        profile.machine = std::move(bare.machine);
    }
    if (auto sound = check(profile.machine); !sound)
        return util::fail(sound.error().message, damaged_hint);
    return profile;
}

} // namespace mdrescue::profile
