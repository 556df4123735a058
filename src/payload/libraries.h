// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "util/result.h"

#include <string>
#include <vector>

namespace mdrescue::payload {

/// A shared library or program interpreter.
struct Library {
    std::string place; ///< absolute path where the dynamic loader looks for it, as below the root
    std::string file;  ///< its bytes: absolute path on this system, no symbolic link
    bool operator==(const Library &) const = default;
};

/// All libraries that programs need to run, read from their ELF headers the way ld.so(8) looks them
/// up: nothing is run, since the root may be another machine's. programs: absolute paths below
/// `root`; scripts and static programs need none. also: names of libraries opened at run time,
/// which no header lists; those that are not there are left out. A library found through ld.so.conf
/// alone is placed beside libc, since the initramfs has no ld.so.cache. Error: a library is
/// missing; names it and who wants it.
[[nodiscard]] util::Result<std::vector<Library>>
library_closure(const std::string &root, const std::vector<std::string> &programs,
                const std::vector<std::string> &also);

} // namespace mdrescue::payload
