// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "util/result.h"

#include <map>
#include <string>
#include <string_view>

namespace mdrescue::media {

using TemplateValues = std::map<std::string, std::string>;

/// A text with each @NAME@ (capitals, digits, underscores) replaced by its value; a value is put in
/// as it is, so the caller has escaped it for the place it goes to, and @NAME@ inside a value
/// stays. Errors: a name without a value, a value that no name asks for: template and program do
/// not belong together.
[[nodiscard]] util::Result<std::string> filled_template(std::string_view text,
                                                        const TemplateValues &values);

} // namespace mdrescue::media
