// SPDX-License-Identifier: Apache-2.0
// Many pictures: what they were taken for, how sure the model was, and which of them failed.
#include "cli/report/folder_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/presentable.h"
#include "cli/page/escape.h"
#include "cli/page/html_frame.h"
#include "cli/report/assets.h"
#include "cli/report/folder_rows.h"
#include "cli/report/histogram_plot.h"
#include "cli/report/html_parts.h"

namespace kite::cli {

namespace {

constexpr std::size_t kCardsWithoutScript = 24;
constexpr std::size_t kLabelsAtOnce = 10;  // the others are folded
constexpr std::size_t kMostLabelBars = 1'000;

std::string counts_list(const std::vector<LabelCount>& counts, const Tally& tally) {
  const std::size_t shown = std::min(counts.size(), kMostLabelBars);
  std::string first;
  std::string others;
  for (std::size_t i = 0; i < shown; ++i) {
    (i < kLabelsAtOnce ? first : others) +=
        fmt::format("<li data-label=\"{}\"><span class=\"label\">{}</span><span class=\"value num\">{}</span>{}</li>\n",
                    counts[i].index, escaped(tally.labels().at(counts[i].index)), digits(counts[i].count),
                    bar(0.0, static_cast<double>(counts[i].count) / static_cast<double>(counts.front().count)));
  }
  if (first.empty()) return paragraph("No picture has a label.", "nothing");
  std::string html = "<ol class=\"scores counts\">\n" + first + "</ol>\n";
  if (!others.empty()) {
    html += folded(count_text(shown - kLabelsAtOnce, "more label", "more labels"),
                   "<ol class=\"scores counts\">\n" + others + "</ol>\n");
  }
  if (counts.size() > shown) {
    html += paragraph(
        count_text(counts.size() - shown, "label has", "labels have") + " no more pictures than the last of these.",
        "quiet");
  }
  return html;
}

PageSection overview_section(const PageFacts& facts, const Tally& tally) {
  return {"overview", "Overview",
          "<div class=\"halves\">\n<div>\n<h3>" +
              std::string(facts.kind == ScoreKind::kRaw ? "Score of" : "Confidence in") + " the first label</h3>\n" +
              histogram_plot(tally.scores(), facts.kind) + "</div>\n<div>\n<h3>Pictures of each label</h3>\n" +
              counts_list(tally.label_counts(), tally) + "</div>\n</div>\n"};
}

// What has no room on the page, and how to see it.
std::string omissions(const FolderRows& rows, const ManyPictures& pictures) {
  const std::size_t answered = pictures.taken - pictures.failed;
  const auto chosen = [](std::size_t stride) {
    return fmt::format("one of every {}, and those whose first two labels are closest", stride);
  };
  std::string html;
  if (rows.count() < answered) {
    html += paragraph(
        fmt::format("{} of {} are listed here, so that browsers can open the page: {}. The numbers of the "
                    "other sections count all. --format csv lists all.",
                    digits(rows.count()), count_text(answered, "picture", "pictures"), chosen(pictures.rows.stride())),
        "left-out");
  }
  if (rows.thumbnails() < rows.count()) {
    html += paragraph(fmt::format("{} of {} have a thumbnail: {}. To see another picture: kite classify MODEL PICTURE "
                                  "--report page.html",
                                  digits(rows.thumbnails()), count_text(rows.count(), "picture", "pictures"),
                                  chosen(pictures.thumbnails.stride())),
                      "left-out");
  }
  return html;
}

std::string controls(ScoreKind kind) {
  std::string options;
  if (kind != ScoreKind::kNone) {
    options =
        "<option value=\"margin\">least certain first</option><option value=\"low\">lowest "
        "confidence "
        "first</option><option value=\"high\">highest confidence first</option>";
  }
  return "<form class=\"controls\" hidden=\"hidden\"><label>Name <input type=\"search\" id=\"name\" "
         "autocomplete=\"off\"/></label><label>Label <select id=\"label\"><option value=\"\">all "
         "labels</option></select>"
         "</label><label>Order <select id=\"order\">" +
         options +
         "<option value=\"name\">name</option><option value=\"list\">as given</option></select></label><button "
         "type=\"reset\">Show all</button></form>\n";
}

PageSection pictures_section(const PageFacts& facts, const FolderRows& rows, const ManyPictures& pictures) {
  std::string html = omissions(rows, pictures) + controls(facts.kind);
  const std::size_t shown = std::min(rows.count(), kCardsWithoutScript);
  html += fmt::format("<p id=\"found\" role=\"status\">{}{}</p>\n",
                      rows.count() > shown ? fmt::format("The first {} of ", shown) : "",
                      count_text(rows.count(), "picture", "pictures"));
  if (rows.count() > shown) {
    html +=
        "<noscript><p class=\"quiet\">A browser that runs the page's script shows all, and can search and sort "
        "them.</p></noscript>\n";
  }
  html += "<ul class=\"cards\" id=\"cards\">\n" + rows.cards(kCardsWithoutScript) + "</ul>\n";
  html += "<button type=\"button\" id=\"more\" hidden=\"hidden\">Show more</button>\n";
  html += "<template id=\"card\">" + FolderRows::empty_card() + "</template>\n";
  return {"pictures", "Pictures", std::move(html)};
}

PageSection failures_section(const ManyPictures& pictures) {
  std::vector<std::vector<std::string>> table_rows;
  for (const FailedPicture& failure : pictures.failures) {
    const std::string& name = pictures.items[failure.item].name;
    Error error = presentable(failure.error);
    // The name stands in the first column.
    if (error.where == name) error.where.clear();
    if (error.where.starts_with(name + ": ")) error.where.erase(0, name.size() + 2);
    table_rows.push_back({shown_name(name), std::string(error_code_name(error.code)), error.message()});
  }
  std::string html;
  if (pictures.failures.size() < pictures.failed) {
    html += paragraph(fmt::format("The first {} of {}. --format csv lists them all.", pictures.failures.size(),
                                  count_text(pictures.failed, "failure", "failures")),
                      "left-out");
  }
  html += table("Failures", {"picture", "error", "reason"}, table_rows);
  return {"failures", "Failures", std::move(html)};
}

PageSection folder_time_section(const PageFacts& facts, const ManyPictures& pictures) {
  const ClassifyTimings& timings = pictures.tally.timings();
  const double per_second =
      pictures.wall_ms > 0 ? static_cast<double>(pictures.taken) / (pictures.wall_ms * 1e-3) : 0.0;
  std::string html = paragraph(fmt::format(
      "{} in {} on {}: {:.1f} a second, after {} to load the model ({}). The bar adds up the time of all threads.",
      count_text(pictures.taken, "picture", "pictures"), milliseconds_text(pictures.wall_ms),
      count_text(facts.workers, "worker", "workers"), per_second, milliseconds_text(facts.load_ms),
      facts.is_from_cache ? "its plan was ready" : "its plan was made"));
  html += time_bar({{"decode", timings.decode_ms}, {"preprocess", timings.preprocess_ms}, {"infer", timings.infer_ms}});
  return {"time", "Where the time went", std::move(html)};
}

std::string warnings_of(const PageFacts& facts, const Tally& tally) {
  std::string html;
  for (const std::string& warning : facts.warnings) html += banner("open", "Warning", warning);
  for (const auto& [text, seen] : tally.warnings()) {
    html += banner("open", count_text(seen.count, "picture:", "pictures:"),
                   fmt::format("{} ({}{})", text, seen.count > 1 ? "the first: " : "", shown_name(seen.first)));
  }
  if (tally.other_warnings() > 0) {
    html += banner("open", "Warning",
                   count_text(tally.other_warnings(), "other warning", "other warnings") +
                       " about single pictures; they are on standard error.");
  }
  return html;
}

PageHeader folder_header(const PageFacts& facts, const ManyPictures& pictures, const std::string& folder) {
  PageHeader header;
  header.title = folder.empty() ? count_text(pictures.taken, "picture", "pictures") : folder;
  if (!folder.empty()) header.facts.push_back(count_text(pictures.taken, "picture", "pictures"));
  const std::size_t labels = pictures.tally.label_counts().size();
  if (labels > 0) header.facts.push_back(count_text(labels, "label", "labels"));
  if (pictures.failed > 0) header.facts.push_back(count_text(pictures.failed, "failure", "failures"));
  header.facts.push_back(facts.model);
  if (pictures.taken < pictures.items.size()) {
    header.html += banner("bad", "Interrupted:",
                          fmt::format("{} of {} were not classified.", digits(pictures.items.size() - pictures.taken),
                                      count_text(pictures.items.size(), "picture", "pictures")));
  }
  if (pictures.taken > 0 && pictures.failed == pictures.taken)
    header.html += banner("bad", "No answer:", "every picture failed.");
  if (pictures.tally.unlabelled() > 0 && facts.threshold) {
    header.html += banner("open", count_text(pictures.tally.unlabelled(), "picture", "pictures"),
                          fmt::format("without a label of at least {}.", score_text(*facts.threshold, facts.kind)));
  }
  header.html += warnings_of(facts, pictures.tally);
  return header;
}

}  // namespace

void write_folder_page(const PageFacts& facts, ManyPictures&& pictures, Output& out) {
  const FolderRows rows(pictures.items, std::move(pictures.rows).release(), std::move(pictures.thumbnails).release(),
                        facts.kind, pictures.tally);
  std::vector<PageSection> sections;
  if (pictures.failed < pictures.taken) {
    sections.push_back(overview_section(facts, pictures.tally));
    sections.push_back(pictures_section(facts, rows, pictures));
  }
  if (pictures.failed > 0) sections.push_back(failures_section(pictures));
  if (pictures.failed < pictures.taken) sections.push_back(folder_time_section(facts, pictures));
  sections.push_back(decisions_section(facts));
  sections.push_back(model_section(facts));
  std::vector<const PageSection*> contents;
  for (const PageSection& section : sections) contents.push_back(&section);
  const PageHeader header = folder_header(facts, pictures, rows.folder());
  out.write(html_begin(header.title, report_assets()));
  out.write(page_begin(header, contents));
  for (const PageSection& section : sections) {
    out.write(section_begin(section));
    out.write(kSectionEnd);
  }
  out.write(kPageEnd);
  rows.write_data(out);
  out.write(html_end(report_assets()));
}

}  // namespace kite::cli
