// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// libisofs.h uses integer types without including them, and leaves struct burn_source to libburn
// unless told otherwise.
#include <cstdint>
#include <sys/types.h>

#define LIBISOFS_WITHOUT_LIBBURN 1
#include <libisofs/libisofs.h>
