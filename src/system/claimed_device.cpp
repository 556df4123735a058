// SPDX-License-Identifier: GPL-3.0-or-later
#include "system/claimed_device.h"

#include "system/descriptor.h"
#include "system/files.h"
#include "util/text.h"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace mdrescue::system {
namespace {

using util::fail;
using util::fail_errno;
using util::printable;
using util::Result;

class RealClaimedDevice final : public ClaimedDevice {
  public:
    RealClaimedDevice(Descriptor file, std::string path, std::uint64_t size)
        : file_(std::move(file)), path_(std::move(path)), size_(size) {}

    [[nodiscard]] std::uint64_t size() const override { return size_; }

    Result<void> write(std::uint64_t offset, std::string_view bytes) override {
        while (!bytes.empty()) {
            const ssize_t count =
                ::pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
            if (count < 0 && errno == EINTR)
                continue;
            if (count < 0)
                return fail_errno(
                    fmt::format("cannot write to {} at byte {}", printable(path_), offset), errno);
            bytes.remove_prefix(static_cast<std::size_t>(count));
            offset += static_cast<std::uint64_t>(count);
        }
        return {};
    }

    Result<void> flush() override { return checked(::fdatasync(file_.get()), "write out", path_); }

    Result<void> forget_cached() override {
        return checked(::ioctl(file_.get(), BLKFLSBUF, 0), "drop what is in memory of", path_);
    }

    Result<std::string> read(std::uint64_t offset, std::size_t length) override {
        std::string bytes(length, '\0');
        MDR_TRY(read_exactly(file_.get(), path_, offset, bytes.data(), length));
        return bytes;
    }

    Result<void> reread_partitions() override {
        return checked(::ioctl(file_.get(), BLKRRPART, 0), "have the new partitions seen of",
                       path_);
    }

  private:
    Descriptor file_;
    std::string path_;
    std::uint64_t size_;
};

} // namespace

Result<std::unique_ptr<ClaimedDevice>> claim_device(const std::string &path) {
    Descriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_EXCL));
    struct stat info {};
    MDR_TRY(checked(file.get() < 0 ? -1 : ::fstat(file.get(), &info), "open for writing", path));
    if (!S_ISBLK(info.st_mode))
        return fail(fmt::format("{} is no block device", printable(path)));
    std::uint64_t size = 0;
    MDR_TRY(checked(::ioctl(file.get(), BLKGETSIZE64, &size), "ask the size of", path));
    return std::make_unique<RealClaimedDevice>(std::move(file), path, size);
}

} // namespace mdrescue::system
