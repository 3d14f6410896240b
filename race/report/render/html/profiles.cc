// SPDX-License-Identifier: Apache-2.0
// Says with each profile what took it and what it cannot show; nothing of it is compared.
#include "race/report/render/html/profiles.h"

#include <fmt/format.h>

#include <algorithm>

#include "race/journal/profile_info.h"
#include "race/journal/words.h"
#include "race/report/plots/escape.h"
#include "race/report/render/html/assets.h"
#include "race/report/render/html/document.h"
#include "race/report/render/html/table.h"

namespace kite::race {
namespace {

constexpr std::size_t kMostFunctions = 20;
constexpr std::string_view kWhatItIs =
    "One more process for each contestant, after the race and under a sampler, which slows it down: for where time "
    "goes "
    "inside a contestant, not for who is faster. Percentages are of its own samples, from its start to its exit.";

std::string told(const ProcessRecord& process, const char* key) {
  const auto found = process.info.find(key);
  return found == process.info.end() ? std::string() : found->second;
}

std::string heading_of(const Journal& journal, const ProcessRecord& process) {
  const CellRecord& cell = journal.plan.cells[static_cast<std::size_t>(process.cell)];
  return fmt::format("{} on {}, {}", cell.contestant, cell.model, word_of(cell.mode));
}

std::string function_table(const ProfileFigures& profile) {
  HtmlTable table("Functions", {{"function"}, {"itself, %", Kind::kNumber}, {"with what it calls, %", Kind::kNumber}});
  for (std::size_t i = 0; i < std::min(profile.functions.size(), kMostFunctions); ++i) {
    const FunctionShare& function = profile.functions[i];
    table.row({function.name, fmt::format("{:.1f}", 100 * function.self / profile.samples),
               fmt::format("{:.1f}", 100 * function.total / profile.samples)});
  }
  return table.html("No function was seen.");
}

std::string files(const ProfileFigures& profile) {
  std::string links;
  const auto link = [&links](const std::string& file, std::string_view what) {
    if (file.empty()) return;
    links += fmt::format("{}<a href=\"{}\">{}</a>", links.empty() ? "" : ", ", escaped(file), what);
  };
  link(profile.svg_file, "flame graph");
  link(profile.stacks_file, "folded stacks");
  link(profile.memory_file, "memory (CSV)");
  return links.empty() ? links : "<p>Files: " + links + "</p>\n";
}

}  // namespace

std::optional<Section> profile_section(const Journal& journal) {
  HtmlTable table("Profiles",
                  {{"contestant"}, {"model"}, {"mode"}, {"profile"}, {"samples", Kind::kNumber}, {"sampler"}});
  for (std::size_t i = 0; i < journal.processes.size(); ++i) {
    const ProcessRecord& process = journal.processes[i];
    if (process.purpose != Purpose::kProfile) continue;
    const CellRecord& cell = journal.plan.cells[static_cast<std::size_t>(process.cell)];
    const bool ok = process.status == Outcome::kOk;
    table.row({cell.contestant, cell.model, word_of(cell.mode),
               ok ? Cell::markup(fmt::format("<a href=\"profiles.html#profile-{}\">profile</a>", i))
                  : Cell(fmt::format("none: {}", process.reason)),
               ok ? told(process, kProfileSamples) : "n/a", told(process, kProfileSampler)});
  }
  if (table.empty()) return std::nullopt;
  return Section{
      "profiles", "Where each contestant's time goes",
      paragraph(kWhatItIs) + table.html("None.") +
          "<p>All of them, with flame graphs and memory over time: <a href=\"profiles.html\">profiles.html</a>"
          "</p>\n"};
}

std::string profile_page(const Journal& journal, const std::vector<ProfileFigures>& profiles) {
  std::string body =
      "<main>\n<h1>Profiles</h1>\n" + paragraph(kWhatItIs) + "<p><a href=\"report.html\">The race's report</a></p>\n";
  for (const ProfileFigures& profile : profiles) {
    const ProcessRecord& process = journal.processes[profile.process];
    body += fmt::format("<section id=\"profile-{}\">\n<h2>{}</h2>\n", profile.process,
                        escaped(heading_of(journal, process)));
    if (process.status != Outcome::kOk) body += paragraph("No samples: " + process.reason);
    if (!profile.missing.empty()) body += paragraph(profile.missing + " cannot be read.");
    if (const std::string sampler = told(process, kProfileSampler); !sampler.empty()) {
      body += paragraph(fmt::format("{}; {} samples.", sampler, told(process, kProfileSamples)));
    }
    if (const std::string lacks = told(process, kProfileLacks); !lacks.empty())
      body += paragraph("Limits: " + lacks + ".");
    if (profile.flame) body += function_table(profile) + figure(*profile.flame);
    if (profile.memory) body += figure(*profile.memory);
    body += files(profile) + "</section>\n";
  }
  return html_document("Profiles", body + "</main>\n");
}

std::string standalone_svg(const Plot& plot) {
  std::string svg = plot.svg;
  const std::size_t opened = svg.find('>'), closed = svg.rfind("</svg>");
  if (opened == std::string::npos || closed == std::string::npos) return svg;
  svg.insert(closed, fmt::format("<script>//<![CDATA[\n{}//]]></script>\n", kFlameScript));
  svg.insert(opened + 1, fmt::format("\n<style>/*<![CDATA[*/\n{}/*]]>*/</style>", kPageStyle));
  return svg;
}

}  // namespace kite::race
