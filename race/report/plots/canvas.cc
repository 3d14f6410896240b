// SPDX-License-Identifier: Apache-2.0
// Writes SVG elements.
#include "race/report/plots/canvas.h"

#include <fmt/format.h>

#include <cmath>

#include "cli/page/escape.h"

namespace kite::race {
namespace {

constexpr double kCharacterWidth = 6.5;  // of 12 px text, mean over English labels, a little on the wide side

std::string outline(Shape shape, Point c, double r) {
  const auto at = [&](double dx, double dy) { return coordinate(c.x + dx * r) + ' ' + coordinate(c.y + dy * r); };
  switch (shape) {
    case Shape::kSquare:
      return "M" + at(-.85, -.85) + "L" + at(.85, -.85) + "L" + at(.85, .85) + "L" + at(-.85, .85) + "Z";
    case Shape::kDiamond: return "M" + at(0, -1.2) + "L" + at(1.2, 0) + "L" + at(0, 1.2) + "L" + at(-1.2, 0) + "Z";
    case Shape::kTriangle: return "M" + at(0, -1.15) + "L" + at(1.1, .85) + "L" + at(-1.1, .85) + "Z";
    case Shape::kDown: return "M" + at(0, 1.15) + "L" + at(1.1, -.85) + "L" + at(-1.1, -.85) + "Z";
    case Shape::kCross: return "M" + at(-.9, -.9) + "L" + at(.9, .9) + "M" + at(-.9, .9) + "L" + at(.9, -.9);
    case Shape::kPlus: return "M" + at(-1.1, 0) + "L" + at(1.1, 0) + "M" + at(0, -1.1) + "L" + at(0, 1.1);
    case Shape::kCircle:
    case Shape::kRing: break;
  }
  return "";
}

}  // namespace

std::string coordinate(double value) {
  if (!std::isfinite(value)) return "0";
  std::string out = fmt::format("{:.2f}", value);
  while (out.back() == '0') out.pop_back();
  if (out.back() == '.') out.pop_back();
  return out == "-0" ? "0" : out;
}

double text_width(std::string_view text) noexcept { return kCharacterWidth * static_cast<double>(code_points(text)); }

Canvas::Canvas(double width, double height, const PlotWords& words) {
  const std::string id = escaped(words.id);
  out_ = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\" id=\"{0}\" role=\"img\" "
      "aria-labelledby=\"{0}-title {0}-desc\" viewBox=\"0 0 {1} {2}\" width=\"{1}\" height=\"{2}\">\n"
      "<title id=\"{0}-title\">{3}</title>\n<desc id=\"{0}-desc\">{4}</desc>\n",
      id, coordinate(width), coordinate(height), escaped(words.title), escaped(words.description));
}

void Canvas::line(Point from, Point to, std::string_view css) {
  out_ += fmt::format("<line class=\"{}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>\n", css, coordinate(from.x),
                      coordinate(from.y), coordinate(to.x), coordinate(to.y));
}

void Canvas::shape_end(std::string_view element, std::string_view tip) {
  if (tip.empty()) {
    out_ += "/>\n";
  } else {
    out_ += fmt::format("><title>{}</title></{}>\n", escaped(tip), element);
  }
}

void Canvas::rect(Point corner, double width, double height, std::string_view css, std::string_view tip) {
  out_ += fmt::format("<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"", css, coordinate(corner.x),
                      coordinate(corner.y), coordinate(std::fmax(width, 0)), coordinate(std::fmax(height, 0)));
  shape_end("rect", tip);
}

void Canvas::rects(const std::vector<Point>& corners, double width, double height, std::string_view css) {
  if (corners.empty()) return;
  const std::string box =
      fmt::format("h{0}v{1}h-{0}z", coordinate(std::fmax(width, 0)), coordinate(std::fmax(height, 0)));
  out_ += fmt::format("<path class=\"{}\" d=\"", css);
  for (const Point corner : corners) out_ += fmt::format("M{} {}{}", coordinate(corner.x), coordinate(corner.y), box);
  out_ += "\"/>\n";
}

void Canvas::polyline(const std::vector<Point>& points, std::string_view css) {
  if (points.size() < 2) return;
  out_ += fmt::format("<polyline class=\"{}\" points=\"", css);
  for (const Point point : points) {
    if (out_.back() != '"') out_ += ' ';
    out_ += coordinate(point.x) + ',' + coordinate(point.y);
  }
  out_ += "\"/>\n";
}

void Canvas::mark(Shape shape, Point centre, double radius, std::string_view css, std::string_view tip) {
  if (shape == Shape::kCircle || shape == Shape::kRing) {
    out_ +=
        fmt::format("<circle class=\"{}{}\" cx=\"{}\" cy=\"{}\" r=\"{}\"", css, shape == Shape::kRing ? " ring" : "",
                    coordinate(centre.x), coordinate(centre.y), coordinate(radius));
    shape_end("circle", tip);
    return;
  }
  const bool open = shape == Shape::kCross || shape == Shape::kPlus;
  out_ += fmt::format("<path class=\"{}{}\" d=\"{}\"", css, open ? " ring" : "", outline(shape, centre, radius));
  shape_end("path", tip);
}

void Canvas::text(Point at, std::string_view text, Anchor anchor, std::string_view css) {
  constexpr std::string_view kAnchors[] = {"", " text-anchor=\"middle\"", " text-anchor=\"end\""};
  out_ += fmt::format("<text class=\"{}\" x=\"{}\" y=\"{}\"{}>{}</text>\n", css, coordinate(at.x), coordinate(at.y),
                      kAnchors[static_cast<std::size_t>(anchor)], escaped(text));
}

void Canvas::fitted_text(Point at, double width, std::string_view text, Anchor anchor, std::string_view css) {
  if (text_width(text) <= width) return this->text(at, text, anchor, css);
  const auto kept = static_cast<std::size_t>(std::fmax(1, width / kCharacterWidth - 1));
  std::size_t end = 0, seen = 0;
  while (end < text.size() && seen < kept) {
    ++end;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
    ++seen;
  }
  open_group("");
  out_ += fmt::format("<title>{}</title>", escaped(text));
  this->text(at, std::string(text.substr(0, end)) + "\xE2\x80\xA6", anchor, css);
  close_group();
}

void Canvas::open_group(std::string_view css, std::string_view attributes) {
  out_ += "<g";
  if (!css.empty()) out_ += fmt::format(" class=\"{}\"", css);
  if (!attributes.empty()) out_ += fmt::format(" {}", attributes);
  out_ += ">\n";
}

void Canvas::close_group() { out_ += "</g>\n"; }

std::string Canvas::svg() && {
  out_ += "</svg>\n";
  return std::move(out_);
}

}  // namespace kite::race
