// SPDX-License-Identifier: GPL-3.0-or-later
#include "burn/source.h"

#include "util/text.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>

namespace mdrescue::burn {

using util::fail;
using util::fail_errno;
using util::printable;
using util::Result;

Result<Source> check_source(const std::string &path, util::Progress &progress) {
    Source source;
    MDR_TRY_ASSIGN(source.image, media::read_image(path));
    MDR_TRY_ASSIGN(const media::Verification found, media::verify_image(path, progress));
    if (!found.sound)
        return fail(fmt::format("{} is damaged ({}): nothing was written", printable(path),
                                printable(fmt::format("{}", fmt::join(found.damaged, ", ")))),
                    "Build a new image, or take a copy that `mdrescue verify` finds sound.");
    source.digest = found.digest;
    return source;
}

Result<SourceReader> SourceReader::open(const Source &source) {
    system::Descriptor file(::open(source.image.path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0)
        return fail_errno(fmt::format("cannot read {}", printable(source.image.path)), errno);
    return SourceReader(std::move(file), source);
}

Result<std::string> SourceReader::next(std::size_t length) {
    std::string bytes(std::min<std::uint64_t>(length, left()), '\0');
    for (std::size_t got = 0; got < bytes.size();) {
        const ssize_t count = ::read(file_.get(), bytes.data() + got, bytes.size() - got);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return fail_errno(fmt::format("cannot read {}", printable(path_)), errno);
        if (count == 0)
            return fail(fmt::format("{} has shrunk while it was read: it ends at byte {} of {}",
                                    printable(path_), done_ + got, size_),
                        "What was written is of no use. Start again when nobody changes the file.");
        got += static_cast<std::size_t>(count);
    }
    done_ += bytes.size();
    digest_.update(bytes);
    return bytes;
}

Result<void> SourceReader::confirm_unchanged() {
    if (left() != 0 || digest_.finish() != expected_)
        return fail(fmt::format("{} was changed while it was read", printable(path_)),
                    "What was written is of no use. Start again when nobody changes the file.");
    return {};
}

} // namespace mdrescue::burn
