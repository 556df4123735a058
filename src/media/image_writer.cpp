// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/image_writer.h"

#include "manifest/image_digest.h"
#include "media/image_output.h"
#include "media/iso_writer.h"

#include <vector>

namespace mdrescue::media {
namespace {

constexpr std::size_t chunk_size = 1U << 20U;

/// Moves everything; the digest of what was moved.
util::Result<std::string> pump(IsoWriter &writer, OutputFile &file, util::Progress &progress) {
    manifest::ImageDigest digest;
    std::vector<char> buffer(chunk_size);
    std::uint64_t done = 0;
    while (done < writer.size()) {
        if (util::cancel_requested)
            return util::cancelled();
        MDR_TRY_ASSIGN(const std::size_t count, writer.read(buffer.data(), buffer.size()));
        const std::string_view chunk(buffer.data(), count);
        digest.update(chunk);
        MDR_TRY(file.write(chunk));
        done += count;
        progress.advance(done);
    }
    return digest.finish();
}

} // namespace

util::Result<ImageReport> write_image(const ImageRequest &request, const std::string &output,
                                      bool replace, util::Progress &progress,
                                      const ImageCheck &check) {
    MDR_TRY_ASSIGN(OutputFile file, OutputFile::create(output, replace));
    MDR_TRY_ASSIGN(IsoWriter writer, IsoWriter::create(request));
    MDR_TRY(file.expect(writer.size()));
    progress.phase("Writing the image", writer.size());
    ImageReport report;
    report.size = writer.size();
    MDR_TRY_ASSIGN(report.digest, pump(writer, file, progress));
    MDR_TRY(file.write_at(
        manifest::digest_field_offset,
        manifest::digest_field_text({report.digest, report.size, writer.sums_digest()})));
    if (check) {
        MDR_TRY(file.settle());
        MDR_TRY(check(file.temporary()));
    }
    MDR_TRY(file.commit());
    return report;
}

} // namespace mdrescue::media
