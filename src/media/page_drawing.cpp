// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/page_drawing.h"

#include "util/text.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace mdrescue::media {
namespace {

// In units of the drawing, which the page scales to its width.
constexpr double drawing_width = 960, bar_left = 214, row_height = 82, bar_height = 64, gap = 4,
                 margin = 9;
constexpr double letter_width = 7.6; // of the 13-unit font, on the safe side
constexpr double narrowest = 104;

std::size_t letters(const std::string &text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](unsigned char c) { return (c & 0xc0U) != 0x80U; }));
}

void drop_last_letter(std::string &text) {
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0U) == 0x80U)
        text.pop_back();
    if (!text.empty())
        text.pop_back();
}

/// Escaped, and cut to what fits.
std::string fitted(std::string raw, double width) {
    const auto room = static_cast<std::size_t>(std::max(width / letter_width, 1.0));
    if (letters(util::printable(raw)) <= room)
        return util::html(raw);
    raw.resize(std::min(raw.size(), room * 4)); // a letter has at most four bytes
    while (!raw.empty() && letters(util::printable(raw)) >= room)
        drop_last_letter(raw);
    return util::html(raw) + "…";
}

/// Every piece as wide as its name needs, the rest by the logarithm of its size: a /boot beside a
/// data partition of ten thousand times its size stays visible.
std::vector<double> widths(const std::vector<Piece> &pieces, double available) {
    const auto count = static_cast<double>(pieces.size());
    const double room = available - gap * (count - 1);
    const double least = std::min(narrowest, room / count);
    std::vector<double> result;
    double sum = 0;
    for (const Piece &piece : pieces) {
        result.push_back(std::log10(static_cast<double>(piece.size) / 1e6 + 10) - 0.9);
        sum += result.back();
    }
    for (double &width : result)
        width = least + width / sum * (room - least * count);
    return result;
}

std::string text_at(double x, double y, const char *css, const std::string &escaped) {
    return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"{}\">{}</text>\n", x, y, css,
                       escaped);
}

std::string piece_drawing(const Piece &piece, double x, double y, double width) {
    const std::string title =
        fmt::format("{}: {}{}{}, {}", piece.device, piece.use, piece.user.empty() ? "" : ", ",
                    piece.user, util::size_text(piece.size));
    const double room = width - 2 * margin;
    std::string drawing = fmt::format(
        "<g><title>{}</title><rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{}\" "
        "rx=\"5\" class=\"{}\"/>\n",
        util::html(title), x, y, width, bar_height, colour_class(piece.array));
    drawing += text_at(x + margin, y + 19, "piece", fitted(piece.use, room));
    drawing += text_at(x + margin, y + 37, "small", fitted(piece.user, room));
    drawing +=
        text_at(x + margin, y + 54, "small",
                fitted(fmt::format("{} · {}", piece.device, util::size_text(piece.size)), room));
    return drawing + "</g>\n";
}

std::string row_drawing(const DiskWords &disk, double y) {
    const double room = bar_left - margin;
    std::string drawing = text_at(0, y + 19, "disk", fitted(disk.name, room));
    drawing += text_at(0, y + 37, "small", fitted("serial " + disk.serial, room));
    drawing += text_at(0, y + 54, "small", fitted(fmt::format("was {}", disk.device), room));
    if (disk.pieces.empty())
        return drawing + text_at(bar_left, y + 37, "small", "no partitions");
    const auto columns = widths(disk.pieces, drawing_width - bar_left);
    double x = bar_left;
    for (std::size_t i = 0; i < disk.pieces.size(); ++i) {
        drawing += piece_drawing(disk.pieces[i], x, y, columns[i]);
        x += columns[i] + gap;
    }
    return drawing;
}

} // namespace

std::string colour_class(int array) { return array < 0 ? "native" : fmt::format("a{}", array % 8); }

std::string disk_drawing(const std::vector<DiskWords> &disks) {
    const double height = row_height * static_cast<double>(disks.size());
    std::string drawing = fmt::format(
        "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"The disks and their partitions\">\n",
        drawing_width, height);
    for (std::size_t i = 0; i < disks.size(); ++i)
        drawing += row_drawing(disks[i], row_height * static_cast<double>(i));
    return drawing + "</svg>\n";
}

} // namespace mdrescue::media
