// SPDX-License-Identifier: Apache-2.0
// States with each profile which sampler took it and what it cannot show. Profiles are never compared.
#include "race/report/document/profiles.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "race/journal/profile_info.h"
#include "race/journal/words.h"
#include "race/report/document/sections/sections.h"

namespace kite::race {
namespace {

constexpr std::size_t kMostFunctions = 20;
constexpr std::string_view kWhatItIs =
    "One more process for each contestant, after the race and under a sampler, which slows it down. It shows where a "
    "contestant spends its time, not which contestant is faster. Percentages are of its own samples, from its start to "
    "its exit.";

std::string info_of(const ProcessRecord& process, const char* key) {
  const auto found = process.info.find(key);
  return found == process.info.end() ? std::string() : found->second;
}

std::string heading_of(const Journal& journal, const ProcessRecord& process) {
  const CellRecord& cell = journal.plan.cells[static_cast<std::size_t>(process.cell)];
  return fmt::format("{} on {}, {}", cell.contestant, cell.model, word_of(cell.mode));
}

Table function_table(const ProfileFigures& profile) {
  Table table("Functions", {{"function"}, {"itself, %", Kind::kNumber}, {"with what it calls, %", Kind::kNumber}},
              "No function was seen.");
  for (std::size_t i = 0; i < std::min(profile.functions.size(), kMostFunctions); ++i) {
    const FunctionShare& function = profile.functions[i];
    table.row({function.name, fmt::format("{:.1f}", 100 * function.self / profile.samples),
               fmt::format("{:.1f}", 100 * function.total / profile.samples)});
  }
  return table;
}

Text files(const ProfileFigures& profile) {
  Text links;
  for (const auto& [file, what] : {std::pair<const std::string&, const char*>{profile.svg_file, "flame graph"},
                                   {profile.stacks_file, "folded stacks"},
                                   {profile.memory_file, "memory (CSV)"}}) {
    if (file.empty()) continue;
    links += links.empty() ? Text("Files: ") : Text(", ");
    links += link(file, what);
  }
  return links;
}

Section section_of(const Journal& journal, const ProfileFigures& profile) {
  const ProcessRecord& process = journal.processes[profile.process];
  Section section{fmt::format("profile-{}", profile.process), heading_of(journal, process), {}};
  const auto say = [&](Text text) { section.blocks << Paragraph{std::move(text)}; };
  if (process.status != Outcome::kOk) say("No samples: " + process.reason);
  if (!profile.missing.empty()) say(profile.missing + " cannot be read.");
  if (const std::string sampler = info_of(process, kProfileSampler); !sampler.empty()) {
    say(fmt::format("{}; {} samples.", sampler, info_of(process, kProfileSamples)));
  }
  if (const std::string lacks = info_of(process, kProfileLacks); !lacks.empty()) say("Limits: " + lacks + ".");
  if (profile.flame) section.blocks << function_table(profile) << Plot(*profile.flame);
  if (profile.memory) section.blocks << Plot(*profile.memory);
  if (Text links = files(profile); !links.empty()) say(std::move(links));
  return section;
}

}  // namespace

std::optional<Section> profile_section(const Journal& journal) {
  Table table("Profiles", {{"contestant"}, {"model"}, {"mode"}, {"profile"}, {"samples", Kind::kNumber}, {"sampler"}},
              "None.");
  for (std::size_t i = 0; i < journal.processes.size(); ++i) {
    const ProcessRecord& process = journal.processes[i];
    if (process.purpose != Purpose::kProfile) continue;
    const CellRecord& cell = journal.plan.cells[static_cast<std::size_t>(process.cell)];
    const bool ok = process.status == Outcome::kOk;
    table.row({cell.contestant, cell.model, word_of(cell.mode),
               ok ? link(fmt::format("profiles.html#profile-{}", i), "profile") : Text("none: " + process.reason),
               ok ? info_of(process, kProfileSamples) : "n/a", info_of(process, kProfileSampler)});
  }
  if (table.empty()) return std::nullopt;
  Section section{"profiles", "Where each contestant's time goes", {}};
  section.blocks << Paragraph{kWhatItIs} << std::move(table)
                 << Paragraph{Text("All of them, with flame graphs and memory over time: ") +
                              link("profiles.html", "profiles.html")};
  return section;
}

Document profile_document(const Journal& journal, const std::vector<ProfileFigures>& profiles) {
  Document document;
  document.title = document.heading = "Profiles";
  document.front << Paragraph{kWhatItIs} << Paragraph{link("report.html", "The race's report")};
  for (const ProfileFigures& profile : profiles) document.sections.push_back(section_of(journal, profile));
  return document;
}

}  // namespace kite::race
