// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/fstab_command.h"

#include "execute/installed_tables.h"
#include "util/text.h"

#include <fmt/format.h>
#include <optional>

namespace mdrescue::agent {
namespace {

using execute::TableChange;
using execute::Writing;

struct Request {
    enum class Action { none, bypass, restore };
    Action action = Action::none;
    std::string root = "/";
    Writing writing = Writing::really;
    bool help = false;
};

/// None: wrong usage.
std::optional<Request> parsed(const std::vector<std::string> &arguments) {
    Request request;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string &word = arguments[i];
        if (word == "--help" || word == "-h")
            request.help = true;
        else if (word == "--dry-run")
            request.writing = Writing::dry_run;
        else if (word == "--root" && i + 1 < arguments.size())
            request.root = arguments[++i];
        else if (word.starts_with("--root="))
            request.root = word.substr(word.find('=') + 1);
        else if (word == "bypass" && request.action == Request::Action::none)
            request.action = Request::Action::bypass;
        else if (word == "restore" && request.action == Request::Action::none)
            request.action = Request::Action::restore;
        else
            return std::nullopt;
    }
    if (!request.root.starts_with('/') ||
        (request.action == Request::Action::none && !request.help))
        return std::nullopt;
    while (request.root.size() > 1 && request.root.ends_with('/'))
        request.root.pop_back();
    return request;
}

util::Result<std::vector<TableChange>>
changes(system::System &system, const Request &request,
        const std::function<util::Result<model::Machine>()> &observe) {
    if (request.action == Request::Action::restore)
        return execute::restore_tables(system, request.root, request.writing);
    MDR_TRY_ASSIGN(const model::Machine observed, observe());
    return execute::bypass_tables(system, request.root, observed, nullptr, request.writing);
}

std::string told(const std::vector<TableChange> &changes, const Request &request) {
    const char *would = request.writing == Writing::dry_run ? "would be " : "";
    const std::string below = request.root == "/" ? "" : util::printable(request.root);
    std::string text;
    for (const TableChange &change : changes)
        for (const auto &[verb, lines] :
             {std::pair("taken out", &change.taken_out), std::pair("put back", &change.put_back)})
            for (const std::string &line : *lines)
                text += fmt::format("{}{}: {}{}: {}\n", below, change.path, would, verb,
                                    execute::shown_line(line));
    return text.empty() ? "nothing to change\n" : text;
}

} // namespace

CommandOutput fstab_command(system::System &system, const std::vector<std::string> &arguments,
                            const std::function<util::Result<model::Machine>()> &observe) {
    const auto request = parsed(arguments);
    if (!request)
        return {2, "",
                std::string("What to do has to be one of these, and DIR an absolute path.\n\n") +
                    fstab_help};
    if (request->help)
        return {0, fstab_help, ""};
    const auto result = changes(system, *request, observe);
    if (!result)
        return {1, "",
                fmt::format("mdrescue-agent: {}\n{}", result.error().message,
                            result.error().hint.empty() ? "" : result.error().hint + "\n")};
    return {0, told(*result, *request), ""};
}

} // namespace mdrescue::agent
