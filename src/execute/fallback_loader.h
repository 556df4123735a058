// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "execute/context.h"

/// A loader in \EFI\BOOT, which firmware starts without a boot entry (UEFI specification 2.10,
/// 3.5.1.1), for a new disk whose boot entry cannot be made and that was recorded without one
/// (FAULTS 34).
namespace mdrescue::execute {

/// Whether a file ("\EFI\debian\shimx64.efi") is on an EFI system partition now. False where that
/// cannot be looked at.
[[nodiscard]] bool is_there_now(Context &context, const model::DeviceRef &esp,
                                const std::string &file);

/// Whether such a loader is on a partition that was recorded without one: put_fallback() was here,
/// or the machine has got one since.
[[nodiscard]] bool has_new_fallback(Context &context, const model::DeviceRef &esp);

/// Whether put_fallback() is the way to have that disk start: it is a replacement of this plan, and
/// its partition was recorded without such a loader.
[[nodiscard]] bool needs_fallback(const Context &context, const model::DeviceRef &esp);

/// Copies the entry's loader there under the name that firmware knows, after the programs beside it
/// that it starts (shim: GRUB, MokManager). Errors: not needs_fallback(), not x86-64, the loader is
/// not there, the partition cannot be written to.
[[nodiscard]] util::Result<void> put_fallback(Context &context, const plan::MakeBootEntry &step);

} // namespace mdrescue::execute
