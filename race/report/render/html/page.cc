// SPDX-License-Identifier: Apache-2.0
// The order of the page: what was found, how far it may be trusted, the tables and plots, the small print.
#include "race/report/render/html/page.h"

#include <fmt/format.h>

#include <algorithm>

#include "race/report/plots/escape.h"
#include "race/report/render/html/document.h"
#include "race/report/render/html/profiles.h"
#include "race/report/render/html/sections.h"

namespace kite::race {
namespace {

std::string section_html(const Section& section) {
  return fmt::format(
      "<section id=\"{0}\" aria-labelledby=\"{0}-heading\">\n<h2 id=\"{0}-heading\">{1}</h2>\n{2}</section>\n",
      section.id, escaped(section.title), section.html);
}

std::string contents(const std::vector<Section>& sections) {
  std::string out = "<nav aria-label=\"Contents\">\n<b>Contents</b>\n<ol>\n";
  for (const auto& section : sections) {
    out += fmt::format("<li><a href=\"#{}\">{}</a></li>\n", section.id, escaped(section.title));
  }
  return out + "</ol>\n</nav>\n";
}

}  // namespace

std::string html_page(const Analysis& analysis, const Journal& journal) {
  std::vector<Section> sections = {verdict_section(analysis, journal),
                                   noise_section(analysis, journal),
                                   warning_section(analysis),
                                   whole_program_section(analysis, journal),
                                   phase_section(analysis),
                                   isolated_section(analysis, journal, Mode::kNoPre),
                                   isolated_section(analysis, journal, Mode::kIncPre),
                                   slow_sample_section(analysis),
                                   memory_section(analysis),
                                   counter_section(analysis),
                                   variant_section(analysis),
                                   thread_section(analysis),
                                   language_section(analysis),
                                   parity_section(analysis, journal),
                                   failure_section(analysis, journal),
                                   drift_section(analysis),
                                   comparison_section(analysis),
                                   method_section(analysis, journal),
                                   refusal_section(analysis),
                                   contestant_section(journal),
                                   command_section(analysis),
                                   file_section()};
  if (auto profiles = profile_section(journal)) {
    const auto counters =
        std::find_if(sections.begin(), sections.end(), [](const Section& s) { return s.id == "counters"; });
    sections.insert(counters, std::move(*profiles));
  }
  std::string body = "<a class=\"skip\" href=\"#verdicts\">To the verdicts</a>\n<div class=\"page\">\n";
  body += masthead(analysis, journal) + contents(sections) + "<main>\n";
  for (const auto& section : sections) body += section_html(section);
  body += "</main>\n</div>\n";
  return html_document("Race against " + analysis.reference_label, body);
}

}  // namespace kite::race
