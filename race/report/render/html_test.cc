// SPDX-License-Identifier: Apache-2.0
#include "race/report/render/html.h"

#include <gtest/gtest.h>

#include <map>
#include <regex>

#include "race/report/analysis/planted_journal.h"
#include "race/report/document/report.h"

namespace kite::race {
namespace {

std::string page_of(const Journal& journal) {
  const auto analysis = analyse(journal);
  EXPECT_TRUE(analysis.ok());
  return analysis.ok() ? html_page(report_document(*analysis, journal)) : std::string();
}

const std::string& planted_page() {
  static const std::string kPage = page_of(planted_journal());
  return kPage;
}

std::size_t count(const std::string& text, const std::string& wanted) {
  std::size_t found = 0;
  for (std::size_t at = text.find(wanted); at != std::string::npos; at = text.find(wanted, at + 1)) ++found;
  return found;
}

TEST(page, fetches_nothing) {
  const std::string& page = planted_page();
  EXPECT_EQ(page.find("src="), std::string::npos);
  EXPECT_EQ(page.find("@import"), std::string::npos);
  EXPECT_EQ(page.find("url("), std::string::npos);
  EXPECT_EQ(page.find("<link"), std::string::npos);
  EXPECT_EQ(page.find(" style="), std::string::npos);  // the policy would drop it
  EXPECT_NE(page.find("default-src 'none'"), std::string::npos);
  std::string text = page;
  const std::string names = "http://www.w3.org/2000/svg";
  for (std::size_t at = 0; (at = text.find(names, at)) != std::string::npos;) text.erase(at, names.size());
  EXPECT_EQ(text.find("http"), text.find("http-equiv"));
  EXPECT_EQ(text.rfind("http"), text.find("http-equiv"));
}

TEST(page, every_link_stays_on_the_page_or_beside_it) {
  const std::string& page = planted_page();
  const std::regex link("href=\"([^\"]*)\"");
  std::size_t links = 0;
  for (auto at = std::sregex_iterator(page.begin(), page.end(), link); at != std::sregex_iterator(); ++at, ++links) {
    const std::string target = (*at)[1];
    if (target.starts_with('#')) {
      EXPECT_NE(page.find("id=\"" + target.substr(1) + "\""), std::string::npos) << target;
    } else {
      EXPECT_TRUE(std::regex_match(target, std::regex("[a-z0-9/_-]+\\.(jsonl|json|csv|md|html|svg|txt)"))) << target;
    }
  }
  EXPECT_GT(links, 20U);
}

TEST(page, ids_are_unique) {
  const std::string& page = planted_page();
  const std::regex id(" id=\"([^\"]*)\"");
  std::map<std::string, int> seen;
  for (auto at = std::sregex_iterator(page.begin(), page.end(), id); at != std::sregex_iterator(); ++at) {
    EXPECT_EQ(++seen[(*at)[1]], 1) << (*at)[1];
  }
}

TEST(page, every_plot_has_a_name_a_description_and_a_table) {
  for (const std::string& page : {planted_page(), page_of(planted_journal({.second_thread_count = true}))}) {
    const std::size_t plots = count(page, "<svg ");
    EXPECT_GE(plots, 15U);
    // One of them occurs twice: it has a second picture for a telephone.
    EXPECT_EQ(plots, count(page, "<figure>") + 1);
    EXPECT_EQ(plots, count(page, "Values of this plot") + 1);
    EXPECT_EQ(plots, count(page, "aria-labelledby=\"") - count(page, "<section "));
    EXPECT_EQ(count(page, "No values."), 0U);
  }
}

TEST(page, says_first_what_was_found) {
  const auto journal = planted_journal();
  const auto analysis = analyse(journal);
  ASSERT_TRUE(analysis.ok());
  const std::string page = html_page(report_document(*analysis, journal));
  ASSERT_FALSE(analysis->headline.empty());
  EXPECT_LT(page.find("id=\"summary\""), page.find("class=\"headline\""));
  EXPECT_LT(page.find("class=\"headline\""), page.find("<section"));
  EXPECT_NE(page.find("cannot be seen here"), std::string::npos);
  EXPECT_NE(page.find("faster</span>"), std::string::npos);
  EXPECT_TRUE(std::regex_search(page, std::regex("0\\.(79|80)[0-9]?x \\(0\\.[0-9]+\\.\\.0\\.[0-9]+\\)")));
}

TEST(page, places_that_are_biased_are_named_before_anything_else) {
  const std::string page = page_of(planted_journal({.control_factor = 1.2}));
  EXPECT_NE(page.find("<b>Biased workloads.</b>"), std::string::npos);
  EXPECT_LT(page.find("<b>Biased workloads.</b>"), page.find("class=\"headline\""));
  EXPECT_EQ(planted_page().find("<b>Biased workloads.</b>"), std::string::npos);
}

TEST(page, a_failure_stands_with_its_reason) {
  const std::string& page = planted_page();
  EXPECT_NE(page.find("cannot run this model"), std::string::npos);
  EXPECT_NE(page.find("this machine has no hardware counters"), std::string::npos);
  EXPECT_NE(page.find("not set up: run `kite race setup absent`"), std::string::npos);
}

TEST(page, same_journal_gives_same_bytes) { EXPECT_EQ(page_of(planted_journal()), planted_page()); }

TEST(page, is_light_without_its_data) {
  const std::string empty = page_of(Journal{});
  EXPECT_LT(empty.size(), 60'000U);
  EXPECT_LT(planted_page().size(), 1'200'000U);
}

TEST(page, nothing_is_nan) {
  const std::string& page = planted_page();
  EXPECT_FALSE(std::regex_search(page, std::regex("[>\" (]-?(nan|inf)[<\" )%]")));
}

TEST(page, a_log_elsewhere_is_no_link) {
  Journal journal = planted_journal();
  for (auto& process : journal.processes) {
    if (!process.log.empty()) process.log = "javascript:alert(1)";
  }
  const std::string page = page_of(journal);
  EXPECT_NE(page.find("javascript:alert(1)"), std::string::npos);
  EXPECT_EQ(page.find("href=\"javascript"), std::string::npos);
}

std::string page_with(Table table) {
  Document document;
  document.sections = {{"s", "S", {}}};
  document.sections[0].blocks << std::move(table);
  return html_page(document);
}

TEST(page, tables_escape_text_and_mark_verdicts) {
  Table table("a \"name\"", {{"<c>"}, {"d", Kind::kNumber}, {"e"}}, "");
  table.group("g & h");
  table.row({"<x>", strong("1"), verdict_mark("smaller", Verdict::kFaster)}, {3, 4});
  const std::string html = page_with(table);
  EXPECT_NE(html.find("aria-label=\"a &quot;name&quot;\""), std::string::npos);
  EXPECT_NE(html.find("&lt;c&gt;"), std::string::npos);
  EXPECT_NE(html.find("g &amp; h"), std::string::npos);
  EXPECT_NE(html.find("<tr data-cells=\"3 4\"><th scope=\"row\">&lt;x&gt;</th><td class=\"num\"><b>1</b></td>"
                      "<td><span class=\"verdict v-faster\"><i aria-hidden=\"true\">\xE2\x97\x86</i> smaller</span>"),
            std::string::npos);
}

TEST(page, no_line_ends_between_a_number_and_its_percent_sign) {
  Table table("t", {{"c"}}, "");
  table.row({"25 % faster, a % sign"});
  EXPECT_NE(page_with(table).find("25\xC2\xA0% faster, a % sign"), std::string::npos);
}

TEST(page, rows_of_one_group_stand_together) {
  Table table("t", {{"c"}}, "");
  table.group("first");
  table.row({"1"});
  table.group("second");
  table.row({"2"});
  table.group("first");
  table.row({"3"});
  const std::string html = page_with(table);
  EXPECT_EQ(count(html, "first"), 1U);
  EXPECT_LT(html.find(">3<"), html.find("second"));
}

}  // namespace
}  // namespace kite::race
