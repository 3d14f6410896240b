// SPDX-License-Identifier: Apache-2.0
// For tests in other languages: writes pages of planted journals, and of degenerate plots, into a folder.
//   kite_race_sample_pages FOLDER
#include <cstdio>
#include <string>

#include "race/report/analysis/planted_journal.h"
#include "race/report/document/report.h"
#include "race/report/plots/degenerate_plots.h"
#include "race/report/render/html.h"

namespace {

using namespace kite::race;

bool write(const std::string& path, const std::string& text) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return false;
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  return (std::fclose(file) == 0) && written;
}

bool write_page(const std::string& path, const Journal& journal) {
  const auto analysis = analyse(journal);
  return analysis.ok() && write(path, html_page(report_document(*analysis, journal)));
}

bool write_plots(const std::string& path, std::vector<Plot> plots) {
  Document document;
  document.title = document.heading = "Plots";
  document.sections = {{"all", "All", {}}};
  const std::size_t count = plots.size();
  add_plots(document.sections[0].blocks, std::move(plots), count);
  return write(path, html_page(document));
}

Journal hostile_journal() {
  Journal journal = planted_journal({.rounds = 3, .planned_rounds = 5});
  const std::string text = "<script src=\"http://example.org/x.js\"></script> & \"quoted\" 'single' \x01\xFF";
  for (auto& contestant : journal.plan.contestants) contestant.title += text;
  for (auto& cell : journal.plan.cells) cell.command = text;
  journal.plan.machine.counters = text;
  journal.plan.preset = text;
  for (auto& process : journal.processes) {
    if (!process.reason.empty()) process.reason = text;
    if (!process.log.empty()) process.log = "javascript:alert(1)";
  }
  for (auto& parity : journal.parity) parity.judge = text;
  journal.notes.push_back({NoteKind::kWarning, {}, text});
  return journal;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = argv[1];
  FlameData flame{{"flame", "CPU time by function.", "Planted."}, "samples", {"all", 1000, {}}};
  flame.root.calls = {
      {"main",
       940,
       {{"load", 500, {{"read_model", 420, {{"crc32", 130, {}}}}}}, {"infer", 430, {{"conv_3x3", 400, {}}}}}},
      {"exit", 50, {}}};
  MemoryData memory{{"memory-line", "Memory over time.", "Planted."}, {{"paperkite", 0, {}}, {"PyTorch", 1, {}}}};
  for (int i = 0; i < 300; ++i) {
    memory.series[0].points.push_back({1.0 * i, 20.0 + (i > 40 ? 30 : 0)});
    memory.series[1].points.push_back({4.0 * i, 60.0 + (i > 90 ? 180 : 2.0 * i)});
  }
  const bool written = write_page(folder + "/planted.html", planted_journal()) &&
                       write_page(folder + "/threads.html",
                                  planted_journal({.rounds = 10, .planned_rounds = 10, .second_thread_count = true})) &&
                       write_page(folder + "/spoiled.html", planted_journal({.control_factor = 1.2})) &&
                       write_page(folder + "/pilot.html", planted_journal({.stops_in_pilot = true})) &&
                       write_page(folder + "/hostile.html", hostile_journal()) &&
                       write_page(folder + "/empty.html", Journal{}) &&
                       write_plots(folder + "/plots.html", degenerate_plots()) &&
                       write_plots(folder + "/profile.html", {flame_plot(flame), memory_plot(memory)});
  if (!written) std::fprintf(stderr, "cannot write the pages into %s\n", folder.c_str());
  return written ? 0 : 1;
}
