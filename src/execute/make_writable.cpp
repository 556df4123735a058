// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/steps.h"

#include "execute/device_content.h"
#include "execute/md_state.h"

#include <fmt/format.h>

namespace mdrescue::execute {

using util::fail;
using util::Result;

Status check(Context &context, const plan::MakeWritable &step) {
    const auto path = context.array(step.array);
    if (!path)
        return Status::blocked(path.error().message);
    const std::string state = md_attribute(context.system, kernel_name(*path), "array_state");
    if (state == "readonly" || state == "read-auto")
        return Status::not_done();
    if (state.empty() || state == "clear" || state == "inactive" || state == "broken")
        return Status::blocked(fmt::format("{} does not run any more", *path));
    return Status::done();
}

Result<void> apply(Context &context, const plan::MakeWritable &step) {
    // Safety rule 4: read-only until consent, which the plan has; the array is the recorded one.
    MDR_TRY_ASSIGN(const std::string path, confirm_array(context, step.array));
    MDR_TRY(system::run_ok(context.system,
                           {.argv = plan::command(step, context.plan, context.machines())}));
    const Status status = check(context, step);
    return status.kind == Status::Kind::done ? Result<void>()
                                             : fail(fmt::format("{} stays read-only", path));
}

} // namespace mdrescue::execute
