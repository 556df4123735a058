// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/iso_stream.h"

#include "manifest/image_sums.h"
#include "media/iso_libisofs.h"
#include "util/text.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <functional>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

namespace mdrescue::media {
namespace {

/// Ours among the filesystem ids that libisofs tells contents apart by (it uses 0 to 4 itself).
constexpr unsigned our_filesystem_id = 0x6d647273;

/// Where a stream's bytes come from.
class Source {
  public:
    Source() = default;
    Source(const Source &) = delete;
    Source &operator=(const Source &) = delete;
    virtual ~Source() = default;
    [[nodiscard]] virtual util::Result<void> open() = 0;
    /// The next bytes; none at the end. Valid until the next call.
    [[nodiscard]] virtual util::Result<std::string_view> next() = 0;
    virtual void close() = 0;
};

class MemorySource : public Source {
  public:
    explicit MemorySource(std::string_view bytes) : bytes_(bytes) {}
    util::Result<void> open() override {
        rest_ = bytes_;
        return {};
    }
    util::Result<std::string_view> next() override { return std::exchange(rest_, {}); }
    void close() override {}

  private:
    std::string_view bytes_, rest_;
};

/// Text that is made when it is asked for.
class LateSource : public Source {
  public:
    explicit LateSource(std::function<std::string()> make) : make_(std::move(make)) {}
    util::Result<void> open() override {
        text_ = make_();
        rest_ = text_;
        return {};
    }
    util::Result<std::string_view> next() override { return std::exchange(rest_, {}); }
    void close() override {}

  private:
    std::function<std::string()> make_;
    std::string text_;
    std::string_view rest_;
};

/// A file on disk that must have the size it was found with.
class DiskSource : public Source {
  public:
    DiskSource(const manifest::FileSource &file, BufferPool &buffers)
        : file_(file), buffers_(buffers) {}
    ~DiskSource() override { DiskSource::close(); }

    util::Result<void> open() override {
        // O_NONBLOCK: a FIFO put in the file's place must not stop us for ever.
        descriptor_ = ::open(file_.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (descriptor_ < 0)
            return util::fail_errno(util::printable(file_.path), errno);
        struct stat status {};
        if (fstat(descriptor_, &status) != 0)
            return util::fail_errno(util::printable(file_.path), errno);
        if (!S_ISREG(status.st_mode))
            return util::fail(
                fmt::format("{} is no regular file any more", util::printable(file_.path)));
        if (static_cast<std::uint64_t>(status.st_size) != file_.size)
            return changed(static_cast<std::uint64_t>(status.st_size));
        // Hints only, so what they return does not matter.
        static_cast<void>(posix_fadvise(descriptor_, 0, 0, POSIX_FADV_SEQUENTIAL));
        done_ = 0;
        buffer_ = buffers_.take();
        return {};
    }

    util::Result<std::string_view> next() override {
        // One byte more than the file should have is asked for, so that growth is seen.
        const std::size_t wanted =
            std::min<std::uint64_t>(BufferPool::size, file_.size - done_ + 1);
        std::size_t got = 0;
        while (got < wanted) {
            const ssize_t count = ::read(descriptor_, buffer_.get() + got, wanted - got);
            if (count < 0 && errno == EINTR)
                continue;
            if (count < 0)
                return util::fail_errno(fmt::format("cannot read {}", util::printable(file_.path)),
                                        errno);
            if (count == 0)
                break;
            got += static_cast<std::size_t>(count);
        }
        done_ += got;
        if (done_ > file_.size || (got < wanted && done_ < file_.size))
            return changed(done_);
        return std::string_view(buffer_.get(), got);
    }

    void close() override {
        if (descriptor_ >= 0)
            ::close(std::exchange(descriptor_, -1));
        if (buffer_)
            buffers_.give(std::move(buffer_));
    }

  private:
    [[nodiscard]] tl::unexpected<util::Error> changed(std::uint64_t now) const {
        return util::fail(fmt::format("{} {} while the image was written (it had {} bytes)",
                                      util::printable(file_.path),
                                      now < file_.size ? "became shorter" : "grew", file_.size),
                          "Run the command again when nothing changes it.");
    }

    const manifest::FileSource &file_;
    BufferPool &buffers_;
    int descriptor_ = -1;
    std::uint64_t done_ = 0;
    std::unique_ptr<char[]> buffer_;
};

/// Between libisofs and a source. Never gives libisofs fewer bytes than it was promised without
/// reporting a failure.
struct Reader {
    IsoContents &contents;
    std::unique_ptr<Source> source;
    std::uint64_t size = 0;
    std::uint64_t id = 0;
    std::optional<std::size_t> digest_of; ///< content that the digest belongs to
    util::Sha256 sha256{};
    std::string_view piece{};
    std::uint64_t done = 0;

    int fail(util::Error error) const {
        contents.fail(std::move(error));
        return static_cast<int>(ISO_FILE_READ_ERROR);
    }

    int open() {
        piece = {};
        done = 0;
        sha256 = util::Sha256();
        if (auto opened = source->open(); !opened)
            return fail(std::move(opened.error()));
        return size == 0 ? finish() : 1;
    }

    /// After the last byte: the source must say that there is no more.
    int finish() {
        auto more = source->next();
        if (!more)
            return fail(std::move(more.error()));
        if (!more->empty())
            return fail({"more bytes than expected for the image", ""});
        if (digest_of)
            contents.set_digest(*digest_of, sha256.finish());
        return 1;
    }

    int read(char *buffer, std::size_t count) {
        std::size_t got = 0;
        while (got < count && done < size) {
            if (piece.empty()) {
                auto next = source->next();
                if (!next)
                    return fail(std::move(next.error()));
                if (next->empty() || next->size() > size - done)
                    return fail({"fewer or more bytes than expected for the image", ""});
                piece = *next;
                if (digest_of)
                    sha256.update(piece);
            }
            const std::size_t length = std::min(count - got, piece.size());
            std::memcpy(buffer + got, piece.data(), length);
            piece.remove_prefix(length);
            got += length;
            done += length;
            if (done == size)
                if (const int code = finish(); code < 0)
                    return code;
        }
        return static_cast<int>(got);
    }
};

/// The layout of libisofs' struct iso_stream, whose member "class" C++ cannot name (libisofs.h
/// tells C++ programs to copy it).
struct StreamObject {
    IsoStreamIface *methods;
    int references;
    void *data;
};

Reader &reader(IsoStream *stream) {
    return *static_cast<Reader *>(reinterpret_cast<StreamObject *>(stream)->data);
}

int stream_open(IsoStream *stream) { return reader(stream).open(); }
int stream_close(IsoStream *stream) {
    reader(stream).source->close();
    return 1;
}
off_t stream_size(IsoStream *stream) { return static_cast<off_t>(reader(stream).size); }
int stream_read(IsoStream *stream, void *buffer, size_t count) {
    return reader(stream).read(static_cast<char *>(buffer), count);
}
int stream_repeatable(IsoStream *) { return 1; }
void stream_id(IsoStream *stream, unsigned *filesystem, dev_t *device, ino_t *inode) {
    *filesystem = our_filesystem_id;
    *device = 1;
    *inode = reader(stream).id;
}
void stream_free(IsoStream *stream) { delete &reader(stream); }
int stream_update(IsoStream *) { return 1; }
IsoStream *stream_input(IsoStream *, int) { return nullptr; }

IsoStreamIface methods = {3,           {'u', 's', 'e', 'r'}, stream_open,       stream_close,
                          stream_size, stream_read,          stream_repeatable, stream_id,
                          stream_free, stream_update,        stream_input,      nullptr,
                          nullptr};

/// libisofs frees the object with free(3).
IsoStream *new_stream(std::unique_ptr<Reader> data) {
    auto *object = static_cast<StreamObject *>(std::malloc(sizeof(StreamObject)));
    if (object == nullptr)
        return nullptr;
    *object = {&methods, 1, data.release()};
    return reinterpret_cast<IsoStream *>(object);
}

std::uint64_t size_of(const manifest::Node &node) {
    if (const auto *file = std::get_if<manifest::FileSource>(&node.bytes))
        return file->size;
    return std::get<std::string>(node.bytes).size();
}

} // namespace

std::unique_ptr<char[]> BufferPool::take() {
    if (free_.empty())
        return std::unique_ptr<char[]>(new char[size]);
    auto buffer = std::move(free_.back());
    free_.pop_back();
    return buffer;
}

std::size_t IsoContents::add(const manifest::Node &node) {
    std::size_t index = contents_.size();
    const auto *file = std::get_if<manifest::FileSource>(&node.bytes);
    if (file != nullptr && file->inode != 0)
        index = links_.try_emplace({file->device, file->inode}, index).first->second;
    if (index == contents_.size())
        contents_.push_back({&node, {}});
    names_.push_back({node.path, index});
    return index;
}

std::string IsoContents::sums(std::string_view left_out) const {
    std::string text;
    for (const Name &name : names_)
        if (name.path != left_out)
            text += manifest::sums_line(contents_[name.content].digest, name.path);
    return text;
}

std::uint64_t IsoContents::sums_size(std::string_view left_out) const {
    static const std::string no_digest(64, '0');
    std::uint64_t size = 0;
    for (const Name &name : names_)
        if (name.path != left_out)
            size += manifest::sums_line(no_digest, name.path).size();
    return size;
}

iso_stream *IsoContents::stream(std::size_t index) {
    const manifest::Node &node = *contents_[index].node;
    std::unique_ptr<Source> source;
    if (const auto *file = std::get_if<manifest::FileSource>(&node.bytes))
        source = std::make_unique<DiskSource>(*file, buffers_);
    else
        source = std::make_unique<MemorySource>(std::get<std::string>(node.bytes));
    return new_stream(std::make_unique<Reader>(
        Reader{*this, std::move(source), size_of(node), index + 1, index}));
}

iso_stream *IsoContents::sums_stream(std::string_view left_out) {
    auto source = std::make_unique<LateSource>([this, left_out = std::string(left_out)] {
        std::string text = sums(left_out);
        sums_digest_ = util::sha256(text);
        return text;
    });
    return new_stream(std::make_unique<Reader>(
        Reader{*this, std::move(source), sums_size(left_out), contents_.size() + 1, std::nullopt}));
}

std::optional<util::Error> IsoContents::failure() const {
    const std::lock_guard lock(mutex_);
    return failure_;
}

void IsoContents::fail(util::Error error) {
    const std::lock_guard lock(mutex_);
    if (!failure_)
        failure_ = std::move(error);
}

} // namespace mdrescue::media
