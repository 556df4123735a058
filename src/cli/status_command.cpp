// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands.h"
#include "cli/json_output.h"
#include "cli/kept_images.h"
#include "cli/machine_status.h"
#include "cli/output.h"
#include "util/text.h"

#include <ctime>
#include <filesystem>
#include <fmt/format.h>

namespace mdrescue::cli {

util::Result<void> status(const Context &context, const StatusOptions &options) {
    auto &progress = context.progress;
    MDR_TRY_ASSIGN(const etc::Settings settings, read_settings(context.system, options.settings));
    MDR_TRY_ASSIGN(const Present present, read_present(context, options));
    const std::int64_t now = std::time(nullptr);
    std::vector<std::string> files = options.files;
    if (files.empty()) {
        MDR_TRY_ASSIGN(files,
                       kept_images(context.system, settings, present.machine.host_name, now));
        files.resize(std::min<std::size_t>(files.size(), 1));
    }
    std::vector<ImageStatus> images;
    for (const std::string &file : files) {
        MDR_TRY_ASSIGN(ImageStatus image, image_status(file, present,
                                                       {.now = now,
                                                        .max_age_days = settings.max_age_days,
                                                        .verify = options.verify},
                                                       progress));
        images.push_back(std::move(image));
    }
    progress.end();
    MachineStatus found = machine_status(present, std::move(images), now);
    if (files.empty())
        found.no_image = no_image_in(settings);
    if (!options.prometheus.empty())
        MDR_TRY(context.system.replace_file(std::filesystem::absolute(options.prometheus),
                                            status_metrics(found), 0644));
    MDR_TRY(print(options.json ? status_json(found) : status_text(found, context.colour)));
    return must_be_fresh(found);
}

} // namespace mdrescue::cli
