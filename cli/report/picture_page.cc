// SPDX-License-Identifier: Apache-2.0
// One picture: what the model saw, its answer, and where the time went.
#include "cli/report/picture_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/presentable.h"
#include "cli/page/escape.h"
#include "cli/page/html_frame.h"
#include "cli/report/assets.h"
#include "cli/report/html_parts.h"
#include "image/encode_png.h"
#include "image/encode_webp.h"

namespace kite::cli {

namespace {

constexpr std::size_t kScoresAtOnce = 20;  // the others are folded

// The line from the smallest to the largest of the scores and 0, on which each has its bar.
struct ScoreScale {
  double low = 0.0;
  double high = 1.0;
  [[nodiscard]] double at(double score) const { return (score - low) / (high - low); }
};

ScoreScale scale_of(const Classification& answer) {
  if (answer.kind != ScoreKind::kRaw) return {};
  ScoreScale scale{0.0, 0.0};
  for (const Prediction& prediction : answer.top) {
    if (!std::isfinite(prediction.score)) continue;
    scale.low = std::min(scale.low, static_cast<double>(prediction.score));
    scale.high = std::max(scale.high, static_cast<double>(prediction.score));
  }
  return scale.low < scale.high ? scale : ScoreScale{};
}

std::string score_item(const Prediction& prediction, ScoreKind kind, const ScoreScale& scale) {
  std::string html = fmt::format("<li><span class=\"label\">{}</span>", escaped(label_text(prediction)));
  if (!prediction.label.empty()) html += fmt::format("<span class=\"class quiet\">class {}</span>", prediction.index);
  if (prediction.has_score) {
    html += fmt::format("<span class=\"value num\">{}</span>{}", score_text(prediction, kind),
                        bar(scale.at(0.0), scale.at(static_cast<double>(prediction.score))));
  }
  return html + "</li>\n";
}

// What the classes have that are not in the list.
std::string rest_of(const Classification& answer, const PageFacts& facts) {
  const auto shown = static_cast<std::int64_t>(answer.top.size());
  const std::int64_t others = facts.classes - shown;
  if (others <= 0) return "";
  const std::string count = count_text(static_cast<std::size_t>(others), "other class", "other classes");
  if (answer.top.empty()) {
    return facts.threshold
               ? fmt::format("No class has a probability of {} or more.", score_text(*facts.threshold, answer.kind))
               : "";
  }
  if (!answer.top.back().has_score) return count + ", which the model does not name.";
  if (facts.threshold)
    return fmt::format("{} below the threshold of {}.", count, score_text(*facts.threshold, answer.kind));
  if (answer.kind != ScoreKind::kProbabilities) return fmt::format("{}, none above the last of these.", count);
  double sum = 0.0;
  for (const Prediction& prediction : answer.top) sum += static_cast<double>(prediction.score);
  if (!std::isfinite(sum)) return count + ".";
  return fmt::format("{}: {} together.", count, score_text(std::max(0.0, 1.0 - sum), answer.kind));
}

std::string scores_list(const Classification& answer, const PageFacts& facts) {
  const ScoreScale scale = scale_of(answer);
  std::string first;
  std::string others;
  for (std::size_t i = 0; i < answer.top.size(); ++i) {
    (i < kScoresAtOnce ? first : others) += score_item(answer.top[i], answer.kind, scale);
  }
  std::string html = answer.top.empty() ? "" : "<ol class=\"scores\">\n" + first + "</ol>\n";
  if (!others.empty()) {
    html += folded(fmt::format("{} more", answer.top.size() - kScoresAtOnce),
                   fmt::format("<ol class=\"scores\" start=\"{}\">\n{}</ol>\n", kScoresAtOnce + 1, others));
  }
  const std::string rest = rest_of(answer, facts);
  if (!rest.empty()) html += paragraph(rest, "rest quiet");
  return html;
}

// Exactly the pixels, as PNG. Small pictures are enlarged with hard edges.
std::string seen_figure(const RgbPicture& seen, const std::string& name) {
  const auto png = encode_png(seen.rgb, {seen.width, seen.height});
  if (!png.ok()) return paragraph(png.error().message(), "nothing");
  const bool is_small = std::max(seen.width, seen.height) < 160;
  return fmt::format(
      "<figure class=\"seen\"><img class=\"{}\" width=\"{}\" height=\"{}\" alt=\"{}\" "
      "src=\"{}\"/>\n<figcaption><b>What the "
      "model sees</b> {} \xC3\x97 {} pixels, exactly these, before they become numbers.</figcaption></figure>\n",
      is_small ? "seen-pixels enlarged" : "seen-pixels", seen.width, seen.height,
      escaped(fmt::format("{} as the model sees it", shown_name(name))), image_url("png", *png), seen.width,
      seen.height);
}

std::string number(double value) { return fmt::format("{:.2f}", value); }

// The whole picture, with the part that the model does not see darkened.
std::string whole_figure(const PictureViews& views, const std::string& name) {
  const RgbPicture& small = views.overview;
  const auto webp = encode_webp(small.rgb, {small.width, small.height}, 80.0F);
  if (!webp.ok()) return paragraph(webp.error().message(), "nothing");
  const auto width = static_cast<double>(views.size.width);
  const auto height = static_cast<double>(views.size.height);
  const double left = std::min(0.0, views.left);
  const double top = std::min(0.0, views.top);
  const double right = std::max(width, views.left + views.width);
  const double bottom = std::max(height, views.top + views.height);
  const std::string title = fmt::format("{}, and the part of it that the model sees", shown_name(name));
  const std::string frame = fmt::format("M{0} {1}h{2}v{3}h-{2}z", number(views.left), number(views.top),
                                        number(views.width), number(views.height));
  return fmt::format(
      "<figure class=\"whole\"><svg role=\"img\" aria-label=\"{0}\" viewBox=\"{1} {2} {3} {4}\"><title>{0}</title>"
      "<image href=\"{5}\" width=\"{6}\" height=\"{7}\" preserveAspectRatio=\"none\"/>"
      "<path class=\"outside\" fill-rule=\"evenodd\" d=\"M{1} {2}h{3}v{4}h-{3}z{8}\"/><path class=\"crop under\" "
      "d=\"{8}\"/>"
      "<path class=\"crop\" d=\"{8}\"/></svg>\n<figcaption><b>The whole picture</b> {9} \xC3\x97 {10} pixels{11}. The "
      "frame is "
      "the part that the model sees.</figcaption></figure>\n",
      escaped(title), number(left), number(top), number(right - left), number(bottom - top), image_url("webp", *webp),
      number(width), number(height), frame, views.size.width, views.size.height,
      views.is_orientation_applied ? ", turned upright" : "");
}

std::string exif_text(const PictureViews& views) {
  if (views.exif_orientation == 0) return "none in the file";
  if (views.exif_orientation == 1) return "1: the picture is stored upright";
  return fmt::format("{}: {}", views.exif_orientation,
                     views.is_orientation_applied ? "applied, the picture was turned upright" : "not applied");
}

PageSection answer_section(const PageFacts& facts, const std::string& name, const Classification& answer) {
  std::string html = "<div class=\"answer\">\n";
  if (answer.views) html += seen_figure(answer.views->seen, name);
  return {"answer", "The answer", html + "<div>\n" + scores_list(answer, facts) + "</div>\n</div>\n"};
}

PageSection file_section(const PictureViews& views, const std::string& name) {
  const NamedValues values = {
      {"file", shown_name(name)},
      {"stored as", views.stored_as},
      {"EXIF orientation", exif_text(views)},
      {"size", fmt::format("{} \xC3\x97 {}", views.size.width, views.size.height)},
      {"seen of it", fmt::format("{:.1f} \xC3\x97 {:.1f} pixels from ({:.1f}, {:.1f})", views.width, views.height,
                                 views.left, views.top)},
      {"size for the model", fmt::format("{} \xC3\x97 {}", views.seen.width, views.seen.height)}};
  return {
      "picture", "From the file to the model",
      "<div class=\"answer\">\n" + whole_figure(views, name) + "<div>\n" + definitions(values) + "</div>\n</div>\n"};
}

PageSection time_section(const PageFacts& facts, const TimedAnswer& timed) {
  const ClassifyTimings& timings = timed.answer->timings;
  const double known = timings.decode_ms + timings.preprocess_ms + timings.infer_ms;
  const std::string load =
      facts.is_from_cache ? "load the model (its plan was ready)" : "load the model (its plan was made)";
  return {"time", "Where the time went",
          time_bar({{load, facts.load_ms},
                    {"decode", timings.decode_ms},
                    {"preprocess", timings.preprocess_ms},
                    {"infer", timings.infer_ms},
                    {"the rest: reading the file, the pictures of this page", std::max(0.0, timed.total_ms - known)}})};
}

PageHeader header_of(const PageFacts& facts, const std::string& name, const TimedAnswer& timed) {
  PageHeader header;
  header.facts = {shown_name(name), facts.model};
  const auto& answer = timed.answer;
  for (const std::string& warning : facts.warnings) header.html += banner("open", "Warning", warning);
  if (!answer.ok()) {
    header.title = "No answer";
    Error error = presentable(answer.error());
    error.where.clear();  // the name stands above
    header.html += banner("bad", fmt::format("{}:", error_code_name(error.code)), error.message());
    return header;
  }
  for (const std::string& warning : answer->warnings) header.html += banner("open", "Warning", warning);
  header.title = answer->top.empty() ? "No label" : label_text(answer->top.front());
  if (!answer->top.empty() && answer->top.front().has_score) {
    header.facts.insert(header.facts.begin(), score_text(answer->top.front(), answer->kind));
  }
  return header;
}

}  // namespace

std::string picture_page(const PageFacts& facts, const std::string& name, const TimedAnswer& answer) {
  std::vector<PageSection> sections;
  if (answer.answer.ok()) {
    sections.push_back(answer_section(facts, name, *answer.answer));
    if (answer.answer->views) sections.push_back(file_section(*answer.answer->views, name));
    sections.push_back(time_section(facts, answer));
  }
  sections.push_back(decisions_section(facts));
  sections.push_back(model_section(facts));
  std::vector<const PageSection*> contents;
  for (const PageSection& section : sections) contents.push_back(&section);
  const PageHeader header = header_of(facts, name, answer);
  std::string body = page_begin(header, contents);
  for (const PageSection& section : sections) body += section_begin(section) + std::string(kSectionEnd);
  body += kPageEnd;
  return html_document(header.title, body, report_assets());
}

}  // namespace kite::cli
