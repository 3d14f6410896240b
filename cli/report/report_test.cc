// SPDX-License-Identifier: Apache-2.0
// The page made of answers: what it shows, what it leaves out, and that foreign text in it stays text.
#include "cli/report/report.h"

#include <fcntl.h>
#include <unistd.h>

#include <cmath>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/test_folder.h"

namespace kite::cli {
namespace {

std::vector<ImageItem> items_named(const std::vector<std::string>& names) {
  std::vector<ImageItem> items;
  for (const std::string& name : names) items.push_back({name, {}});
  return items;
}

std::vector<ImageItem> many_items(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.push_back("folder/picture" + std::to_string(i) + ".jpg");
  return items_named(names);
}

// An answer of two classes for a picture of one colour.
TimedAnswer answer_of(float first, float second, ScoreKind kind = ScoreKind::kProbabilities, bool has_score = true) {
  Classification answer;
  answer.kind = kind;
  answer.top = {{0, "cat", first, has_score}, {1, "dog", second, has_score}};
  auto views = std::make_shared<PictureViews>();
  views->seen = {40, 40, std::vector<std::uint8_t>(40 * 40 * 3, 77)};
  views->overview = views->seen;
  views->size = {40, 40};
  views->width = views->height = 40;
  answer.views = std::move(views);
  return {std::move(answer), 1.0};
}

std::string page_of(const std::vector<ImageItem>& items, std::vector<TimedAnswer> answers,
                    const PageBudget& budget = {}, const PageFacts& facts = {}) {
  Report report(items, budget);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    report.prepare(i, answers[i]);
    report.take(i, answers[i]);
  }
  const TestFolder folder;
  const std::string path = folder.path() + "/page.html";
  const int fd = ::open(path.c_str(), O_CREAT | O_WRONLY, 0600);
  Output out(fd);
  std::move(report).write(facts, 10.0, out);
  out.flush();
  ::close(fd);
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::size_t count_of(const std::string& text, const std::string& wanted) {
  std::size_t found = 0;
  for (std::size_t at = text.find(wanted); at != std::string::npos; at = text.find(wanted, at + 1)) ++found;
  return found;
}

bool has(const std::string& text, const std::string& wanted) { return text.find(wanted) != std::string::npos; }

TEST(Report, a_page_of_any_number_of_pictures_stays_within_its_budget_and_says_what_it_leaves_out) {
  constexpr std::size_t kCount = 1'500;
  const std::vector<ImageItem> items = many_items(kCount);
  std::vector<TimedAnswer> answers;
  for (std::size_t i = 0; i < kCount; ++i) answers.push_back(answer_of(0.9F, 0.1F));
  answers[1'321] = answer_of(0.501F, 0.499F);
  const std::string whole = page_of(items, answers);
  EXPECT_FALSE(has(whole, "left-out\">"));
  const std::string page = page_of(items, answers, {.thumbnail_bytes = 10'000, .row_bytes = 20'000, .failures = 10});
  EXPECT_LT(page.size(), 100'000U);
  EXPECT_GT(whole.size(), 200'000U);
  EXPECT_TRUE(has(page, "1,500 pictures"));
  EXPECT_EQ(count_of(page, "<p class=\"left-out\">"), 2U);
  EXPECT_TRUE(has(page, "picture1321.jpg"));  // the least certain one
  EXPECT_FALSE(has(page, "picture1319.jpg"));
  EXPECT_TRUE(has(page, "data-to=\"0.95\"><title>90.00"));
  EXPECT_TRUE(has(page, ": 1,499 pictures</title>"));  // counts are of all
}

TEST(Report, thumbnails_have_no_room_without_their_picture_having_a_row) {
  const std::vector<ImageItem> items = many_items(200);
  const std::vector<TimedAnswer> answers(200, answer_of(0.9F, 0.1F));
  const std::string page = page_of(items, answers, {.thumbnail_bytes = 1'000'000, .row_bytes = 1'000, .failures = 10});
  EXPECT_LT(count_of(page, "\"UklGR"), 30U);  // "RIFF" in base64, as each WebP begins
  EXPECT_GT(count_of(page, "\"UklGR"), 10U);
}

TEST(Report, failures_are_limited_and_counted) {
  const std::vector<ImageItem> items = many_items(50);
  std::vector<TimedAnswer> answers;
  for (std::size_t i = 0; i < 49; ++i) {
    answers.push_back({Error{ErrorCode::kInvalidImage, "no picture", items[i].name + ": byte 9", "fetch it"}});
  }
  answers.push_back(answer_of(0.9F, 0.1F));
  const std::string page = page_of(items, answers, {.failures = 20});
  EXPECT_TRUE(has(page, "The first 20 of 49 failures."));
  EXPECT_EQ(count_of(page, "<td>no picture"), 20U);
  EXPECT_TRUE(has(page, "<th scope=\"row\">folder/picture7.jpg</th>"));
  EXPECT_TRUE(has(page, "<td>no picture; byte 9; fetch it</td>"));  // the name stands in the first column
  const std::string none = page_of(items, {answers.begin(), answers.begin() + 49});
  EXPECT_TRUE(has(none, "every picture failed"));
  EXPECT_FALSE(has(none, "id=\"pictures\""));
  EXPECT_TRUE(has(none, "Interrupted:</b> 1 of 50 pictures were"));
}

TEST(Report, names_and_labels_stay_text_in_html_and_in_data) {
  const std::string hostile = "a/</script><script>alert(1)</script>\"'&\xFF\x01.jpg";
  std::vector<TimedAnswer> answers = {answer_of(0.9F, 0.1F), answer_of(0.8F, 0.1F)};
  answers[0].answer->top[0].label = "<img src=x onerror=alert(1)>";
  answers[0].answer->warnings = {"<b>warned</b>"};
  for (const std::vector<ImageItem>& items : {items_named({hostile, "a/b"}), items_named({hostile})}) {
    const std::string page =
        page_of(items, {answers.begin(), answers.begin() + static_cast<std::ptrdiff_t>(items.size())});
    EXPECT_FALSE(has(page, "<script>alert"));
    EXPECT_FALSE(has(page, "<img src=x"));
    EXPECT_FALSE(has(page, "<b>warned"));
    EXPECT_FALSE(has(page, "\xFF"));
    EXPECT_TRUE(has(page, "&lt;/script&gt;&lt;script&gt;alert(1)"));
  }
}

TEST(Report, the_second_label_is_isolated_from_its_score) {
  const std::string page = page_of(many_items(2), {answer_of(0.7F, 0.2F), answer_of(0.6F, 0.3F)});
  EXPECT_EQ(count_of(page, "then <bdi>dog</bdi> "), 2U);
}

TEST(Report, each_kind_of_score_has_its_own_text) {
  const std::vector<ImageItem> items = many_items(2);
  PageFacts facts;
  facts.kind = ScoreKind::kRaw;
  const std::string raw =
      page_of(items, {answer_of(12.25F, -3.5F, ScoreKind::kRaw), answer_of(-2.0F, -7.0F, ScoreKind::kRaw)}, {}, facts);
  EXPECT_TRUE(has(raw, ">12.25<"));
  EXPECT_TRUE(has(raw, "[\"picture0.jpg\",0,12.25,1,-3.5]"));
  EXPECT_TRUE(has(raw, "data-from=\"-2\""));
  facts.kind = ScoreKind::kNone;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const TimedAnswer bare = answer_of(nan, nan, ScoreKind::kNone, false);
  const std::string none = page_of(items, {bare, bare}, {}, facts);
  EXPECT_TRUE(has(none, "The model gives no scores."));
  EXPECT_TRUE(has(none, "[\"picture0.jpg\",0,null,1,null]"));
  EXPECT_FALSE(has(none, "value=\"margin\""));
  facts.kind = ScoreKind::kProbabilities;
  const std::string broken = page_of(items, {answer_of(nan, nan), answer_of(0.75F, 0.25F)}, {}, facts);
  EXPECT_TRUE(has(broken, "[\"picture1.jpg\",0,7500,1,2500]"));
  EXPECT_FALSE(has(broken, "nan"));
}

TEST(Report, a_picture_without_a_label_above_the_threshold_is_shown_and_counted) {
  PageFacts facts;
  facts.threshold = 0.5;
  std::vector<TimedAnswer> answers = {answer_of(0.9F, 0.1F), answer_of(0.4F, 0.1F)};
  answers[0].answer->top.resize(1);
  answers[1].answer->top.clear();
  const std::string page = page_of(many_items(2), answers, {}, facts);
  EXPECT_TRUE(has(page, "[\"picture0.jpg\",0,9000]"));
  EXPECT_TRUE(has(page, "[\"picture1.jpg\"]"));
  EXPECT_TRUE(has(page, "without a label of at least 50.00"));
}

TEST(Report, the_margin_is_the_distance_to_the_second_label) {
  EXPECT_NEAR(margin_of(*answer_of(0.75F, 0.25F).answer), 0.5, 1e-6);
  EXPECT_TRUE(std::isinf(margin_of(*answer_of(0.0F, 0.0F, ScoreKind::kNone, false).answer)));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(margin_of(*answer_of(nan, nan).answer), 0.0);
}

}  // namespace
}  // namespace kite::cli
