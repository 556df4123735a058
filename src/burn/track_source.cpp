// SPDX-License-Identifier: GPL-3.0-or-later
#include "burn/track_source.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace mdrescue::burn {
namespace {

constexpr std::size_t read_ahead = 1U << 20U;

TrackSource &self(lib::burn_source *source) { return *static_cast<TrackSource *>(source->data); }

} // namespace

int TrackSource::read(unsigned char *buffer, int size) {
    if (given_ == buffer_.size()) {
        auto bytes = reader_.next(read_ahead);
        if (!bytes) {
            error_ = std::move(bytes.error());
            failed_ = true;
            return -1;
        }
        buffer_ = std::move(*bytes);
        given_ = 0;
    }
    const std::size_t count =
        std::min(static_cast<std::size_t>(std::max(size, 0)), buffer_.size() - given_);
    std::memcpy(buffer, buffer_.data() + given_, count);
    given_ += count;
    return static_cast<int>(count);
}

lib::burn_source *TrackSource::make() {
    // Of malloc(3): burn_source_free() frees it.
    auto *source = static_cast<lib::burn_source *>(std::calloc(1, sizeof(lib::burn_source)));
    if (source == nullptr)
        return nullptr;
    source->refcount = 1;
    source->data = this;
    source->read = [](lib::burn_source *of, unsigned char *buffer, int size) {
        return self(of).read(buffer, size);
    };
    source->get_size = [](lib::burn_source *of) { return self(of).size_; };
    source->set_size = [](lib::burn_source *of, off_t size) {
        self(of).size_ = size;
        return 1;
    };
    source->free_data = [](lib::burn_source *) {};
    return source;
}

util::Result<void> TrackSource::end() {
    if (error_)
        return tl::unexpected(*error_);
    return reader_.confirm_unchanged();
}

} // namespace mdrescue::burn
