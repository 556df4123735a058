// SPDX-License-Identifier: GPL-3.0-or-later
#include "payload/snapshot_digests.h"

#include "payload/files.h"
#include "util/digest.h"

namespace mdrescue::payload {
namespace {

constexpr std::size_t chunk = 1U << 20U; // in bytes

std::uint64_t size_of(const manifest::Tree &tree) {
    std::uint64_t total = 0;
    for (const auto &node : tree)
        if (const auto *file = std::get_if<manifest::FileSource>(&node.bytes))
            total += file->size;
    return total;
}

class Reader {
  public:
    explicit Reader(util::Progress &progress) : progress_(progress), buffer_(chunk, '\0') {}

    util::Result<std::string> digest(const manifest::FileSource &source) {
        util::Sha256 sha256;
        const auto count = [&](std::string_view piece) -> util::Result<void> {
            sha256.update(piece);
            done_ += piece.size();
            progress_.advance(done_);
            return {};
        };
        MDR_TRY(read_pieces(source.path, buffer_, count));
        return sha256.finish();
    }

  private:
    util::Progress &progress_;
    std::string buffer_;
    std::uint64_t done_ = 0;
};

} // namespace

util::Result<std::map<std::string, std::string>> snapshot_digests(const manifest::Tree &tree,
                                                                  util::Progress &progress) {
    progress.phase("Reading its files", size_of(tree));
    std::map<std::string, std::string> digests;
    Reader reader(progress);
    for (const auto &node : tree) {
        if (node.kind != manifest::Node::Kind::file)
            continue;
        if (const auto *source = std::get_if<manifest::FileSource>(&node.bytes)) {
            MDR_TRY_ASSIGN(digests[node.path], reader.digest(*source));
        } else {
            digests[node.path] = util::sha256(std::get<std::string>(node.bytes));
        }
    }
    return digests;
}

} // namespace mdrescue::payload
