// SPDX-License-Identifier: GPL-3.0-or-later
// bench_image TREE OUTPUT DATA_GRUB SCRATCH: writes a tree of files as an image, as `mdrescue
// build` does once everything to put on it is there. Prints as JSON the seconds of preparing (boot
// images, list of files) and of writing, the bytes written, and its peak memory in kB.
#include "media/image_writer.h"
#include "payload/snapshot.h"
#include "system/system.h"

#include <chrono>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>

using namespace mdrescue;

namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// VmHWM of proc(5). What wait4(2) tells is no use: it counts the memory of the parent before exec
/// as well.
std::uint64_t peak_memory() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;)
        if (std::uint64_t kilobytes = 0; word == "VmHWM:" && status >> kilobytes)
            return kilobytes;
    return 0;
}

util::Result<void> measure(const std::string &tree, const std::string &output,
                           const std::string &data, const std::string &scratch) {
    util::Progress silent;
    const auto machine = system::real_system();
    const auto start = std::chrono::steady_clock::now();
    media::ImageRequest request;
    request.image_id = "11111111-2222-8333-8444-555555555555";
    request.volume_id = "MDRESCUE";
    request.epoch = 1700000000;
    MDR_TRY_ASSIGN(request.boot,
                   media::make_boot_images(
                       *machine, {"/", data, request.image_id, scratch, request.epoch}, silent));
    MDR_TRY_ASSIGN(request.tree, payload::snapshot(tree, "boot", silent));
    const double prepared = seconds_since(start);
    const auto writing = std::chrono::steady_clock::now();
    MDR_TRY_ASSIGN(const media::ImageReport report,
                   media::write_image(request, output, true, silent));
    fmt::print("{{\"prepare\": {:.4f}, \"write\": {:.4f}, \"bytes\": {}, \"peak\": {}}}\n",
               prepared, seconds_since(writing), report.size, peak_memory());
    return {};
}

} // namespace

int main(int argc, char **argv) {
    if (argc != 5) {
        fmt::print(stderr, "usage: bench_image TREE OUTPUT DATA_GRUB SCRATCH\n");
        return 2;
    }
    const auto done = measure(argv[1], argv[2], argv[3], argv[4]);
    if (!done) {
        fmt::print(stderr, "bench_image: {}\n", done.error().message);
        return 1;
    }
    return EXIT_SUCCESS;
}
