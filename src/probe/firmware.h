// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probe/observation.h"

namespace mdrescue::probe {

/// Facts "firmware/efi" ("1" on a machine started by UEFI) and "efivars/<name>" (SecureBoot,
/// BootOrder, Boot####: as efivarfs gives them, with 4 bytes of attributes in front).
void collect_firmware(Collector &collector);

[[nodiscard]] model::Firmware read_firmware(Observation &observation);

/// EFI_LOAD_OPTION (UEFI specification 2.10, 3.1.3) behind the attributes of the variable. Error:
/// truncated.
[[nodiscard]] util::Result<model::BootEntry> parse_load_option(unsigned number,
                                                               std::string_view raw);

} // namespace mdrescue::probe
