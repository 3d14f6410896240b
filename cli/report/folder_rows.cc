// SPDX-License-Identifier: Apache-2.0
#include "cli/report/folder_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "cli/page/escape.h"
#include "cli/report/html_parts.h"

namespace kite::cli {

namespace {

constexpr std::size_t kThumbnailsInBlock = 128;

std::string common_folder(const std::vector<ImageItem>& items) {
  std::string_view common = items.empty() ? std::string_view() : std::string_view(items.front().name);
  for (const ImageItem& item : items) {
    const auto [end, other] = std::ranges::mismatch(common, item.name);
    common = common.substr(0, static_cast<std::size_t>(end - common.begin()));
  }
  return std::string(common.substr(0, common.rfind('/') + 1));
}

// What the page shows of a picture.
struct Card {
  std::string name;
  std::string label;
  std::string score;
  std::string second;  // HTML: the second label and its score
  double part = std::nan("");
};

// `picture`: HTML.
std::string card_html(const Card& card, std::string_view picture) {
  return fmt::format(
      "<li class=\"card\"><div class=\"thumbnail\">{}</div><div class=\"first\"><span class=\"label\">{}</span><span "
      "class=\"value num\">{}</span></div>{}<div class=\"second quiet\">{}</div><div class=\"name\">{}</div></li>\n",
      picture, escaped(card.label), escaped(card.score), bar(0.0, card.part), card.second, escaped(card.name));
}

// A score as the page's script reads it: probabilities in units of 0.01 %.
std::string score_json(float score, ScoreKind kind) {
  if (!std::isfinite(score)) return "null";
  return kind == ScoreKind::kRaw ? fmt::format("{:.5g}", score)
                                 : fmt::format("{}", std::lround(static_cast<double>(score) * 1e4));
}

std::string_view kind_name(ScoreKind kind) {
  switch (kind) {
    case ScoreKind::kProbabilities:
    case ScoreKind::kIndependent: return "percent";
    case ScoreKind::kRaw: return "raw";
    case ScoreKind::kNone: return "none";
  }
  return "none";
}

}  // namespace

FolderRows::FolderRows(const std::vector<ImageItem>& items, std::vector<Chosen<PageRow>> rows,
                       std::vector<Chosen<std::string>> thumbnails, ScoreKind kind, const Tally& tally)
    : items_(items),
      folder_(common_folder(items)),
      rows_(std::move(rows)),
      thumbnails_(std::move(thumbnails)),
      kind_(kind),
      tally_(tally) {
  std::erase_if(thumbnails_, [&](const Chosen<std::string>& thumbnail) {
    return !std::ranges::binary_search(rows_, thumbnail.index, {}, &Chosen<PageRow>::index);
  });
}

std::string FolderRows::name_of(std::size_t row) const {
  return shown_name(items_[rows_[row].index].name.substr(folder_.size()));
}

const std::string* FolderRows::thumbnail_of(std::size_t row) const {
  const std::size_t index = rows_[row].index;
  const auto found = std::ranges::lower_bound(thumbnails_, index, {}, &Chosen<std::string>::index);
  return found != thumbnails_.end() && found->index == index ? &found->content : nullptr;
}

std::string FolderRows::card_of(std::size_t row) const {
  const PageRow& content = rows_[row].content;
  const auto score = [&](std::size_t i) { return static_cast<double>(content.labels[i].score); };
  Card card;
  card.name = name_of(row);
  card.label = "no label";
  if (content.count > 0) {
    card.label = tally_.labels().at(content.labels[0].index);
    if (kind_ != ScoreKind::kNone) card.score = score_text(score(0), kind_);
    if (kind_ != ScoreKind::kRaw) card.part = score(0);
  }
  if (content.count > 1) {
    card.second = "then " + isolated(tally_.labels().at(content.labels[1].index));
    if (kind_ != ScoreKind::kNone) card.second += " " + escaped(score_text(score(1), kind_));
  }
  const std::string* thumbnail = thumbnail_of(row);
  return card_html(card, thumbnail == nullptr ? "<span class=\"none\">no thumbnail</span>"
                                              : fmt::format("<img alt=\"{}\" src=\"data:image/webp;base64,{}\"/>",
                                                            escaped(card.name), *thumbnail));
}

std::string FolderRows::cards(std::size_t most) const {
  std::vector<std::size_t> order(rows_.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto margin = [&](std::size_t row) { return std::pair(rows_[row].margin, row); };
  const auto end = order.begin() + static_cast<std::ptrdiff_t>(std::min(most, order.size()));
  std::ranges::partial_sort(order, end, {}, margin);
  std::string html;
  for (auto row = order.begin(); row != end; ++row) html += card_of(*row);
  return html;
}

std::string FolderRows::empty_card() {
  return card_html({}, "<img alt=\"\"/><span class=\"none\">no thumbnail</span>");
}

void FolderRows::write_data(Output& out) const {
  out.write(
      fmt::format("<script type=\"application/json\" id=\"data\">{{\"kind\":\"{}\",\n\"labels\":{{", kind_name(kind_)));
  std::string_view comma;
  for (const auto& [index, label] : tally_.labels()) {
    out.write(fmt::format("{}\"{}\":{}", std::exchange(comma, ","), index, json_string(label)));
  }
  out.write("},\n\"rows\":[");
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    out.write(fmt::format("{}[{}", row == 0 ? "\n" : ",\n", json_string(name_of(row))));
    const PageRow& content = rows_[row].content;
    for (std::size_t i = 0; i < content.count; ++i) {
      out.write(fmt::format(",{},{}", content.labels[i].index, score_json(content.labels[i].score, kind_)));
    }
    out.write("]");
  }
  out.write("],\n\"pictured\":[");  // the row of each thumbnail
  for (std::size_t i = 0; i < thumbnails_.size(); ++i) {
    const auto row = std::ranges::lower_bound(rows_, thumbnails_[i].index, {}, &Chosen<PageRow>::index) - rows_.begin();
    out.write(fmt::format("{}{}", i == 0 ? "" : ",", row));
  }
  out.write(fmt::format("],\"block\":{}}}</script>\n", kThumbnailsInBlock));
  for (std::size_t i = 0; i < thumbnails_.size(); ++i) {
    out.write(i % kThumbnailsInBlock == 0 ? "<script type=\"application/json\" class=\"thumbnails\">[\"" : "\",\"");
    out.write(thumbnails_[i].content);
    if ((i + 1) % kThumbnailsInBlock == 0 || i + 1 == thumbnails_.size()) out.write("\"]</script>\n");
  }
}

}  // namespace kite::cli
