// SPDX-License-Identifier: Apache-2.0
// Writes the tables.
#include "race/report/exports/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "race/journal/words.h"
#include "race/pairing/blocks.h"
#include "race/report/analysis/estimates.h"
#include "race/report/analysis/text.h"

namespace kite::race {
namespace {

std::string quoted(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

// Why a cell is not compared although its processes ran.
std::set<std::int32_t> unequal_cells(const Analysis& analysis) {
  std::set<std::int32_t> cells;
  for (const auto& row : analysis.not_ranked) {
    if (row.status != Outcome::kUnequal) continue;
    for (const auto& cell : analysis.cells) {
      const bool same_mode = row.every_mode || row.mode == cell.mode;
      if (cell.label == row.label && cell.model == row.model && same_mode) cells.insert(cell.cell);
    }
  }
  return cells;
}

// The names of classes that whole programs printed, by model; the records of samples hold indices only.
std::map<std::pair<std::string, std::int32_t>, std::string> labels_of(const Analysis& analysis,
                                                                      const Journal& journal) {
  std::map<std::pair<std::string, std::int32_t>, std::string> labels;
  for (const auto& process : journal.processes) {
    if (process.answer_index < 0 || process.answer_label.empty()) continue;
    const auto& cell = analysis.cells[static_cast<std::size_t>(process.cell)];
    labels.try_emplace({cell.model, process.answer_index}, process.answer_label);
  }
  return labels;
}

std::string results_row(const CellSummary& cell, const std::string& round, std::string_view status,
                        const ProcessValues* values) {
  std::string row =
      fmt::format("{},{},{},{},{},{},{},{}", round, quoted(cell.control ? cell.id : cell.peer), quoted(cell.variant),
                  quoted(cell.model), word_of(cell.track), word_of(cell.mode), cell.threads, status);
  for (const Measure measure : kMeasures) {
    row += ',';
    if (values == nullptr) continue;
    const auto& value = values->values[static_cast<std::size_t>(measure)];
    row += is_memory(measure) && value ? fmt::format("{:.0f}", *value) : exact(value);
  }
  return row + '\n';
}

}  // namespace

std::string results_csv(const Analysis& analysis, const Journal& journal) {
  std::string out =
      "round,contestant,variant,model,track,mode,threads,status,wall_ms,label_ms,user_ms,system_ms,load_ms,first_ms,"
      "p50_ms,peak_rss_bytes,peak_anon_bytes\n";
  std::map<std::size_t, const ProcessValues*> values;
  for (const auto& cell : analysis.cells) {
    for (const auto& process : cell.processes) values[process.process] = &process;
  }
  const auto unequal = unequal_cells(analysis);
  std::set<std::int32_t> seen;
  for (std::size_t i = 0; i < journal.processes.size(); ++i) {
    const auto& process = journal.processes[i];
    if (!is_compared(process.purpose)) continue;
    seen.insert(process.cell);
    const Outcome status =
        process.status == Outcome::kOk && unequal.contains(process.cell) ? Outcome::kUnequal : process.status;
    const auto found = values.find(i);
    out += results_row(analysis.cells[static_cast<std::size_t>(process.cell)], fmt::format("{}", process.round),
                       word_of(status), found == values.end() ? nullptr : found->second);
  }
  for (const auto& cell : analysis.cells) {
    const auto& contestant = journal.plan.contestants[cell.contestant];
    if (!contestant.ready && !seen.contains(cell.cell))
      out += results_row(cell, "", word_of(Outcome::kMissing), nullptr);
  }
  return out;
}

std::string samples_csv(const Analysis& analysis, const Journal& journal) {
  std::string out = "round,contestant,variant,model,mode,picture,index,label,confidence,ms\n";
  const auto labels = labels_of(analysis, journal);
  for (const auto& process : journal.processes) {
    const bool pass = process.purpose == Purpose::kPass;
    if (!pass && !is_compared(process.purpose)) continue;
    const auto& cell = analysis.cells[static_cast<std::size_t>(process.cell)];
    const std::string begin = fmt::format("{},{},{},{},{},", pass ? "" : fmt::format("{}", process.round),
                                          quoted(cell.control ? cell.id : cell.peer), quoted(cell.variant),
                                          quoted(cell.model), word_of(cell.mode));
    const auto label = [&](std::int32_t index) {
      const auto found = labels.find({cell.model, index});
      return found == labels.end() ? std::string() : quoted(found->second);
    };
    if (cell.mode == Mode::kOneshot) {
      if (process.answer_index < 0) continue;
      out += fmt::format("{}{},{},{},{},{}\n", begin, quoted(journal.plan.picture), process.answer_index,
                         quoted(process.answer_label), exact(process.answer_score),
                         exact(static_cast<double>(process.label_ns) / 1e6));
    }
    for (const auto& sample : process.samples) {
      out += fmt::format("{}{},{},{},{},{}\n", begin, sample.input, sample.index, label(sample.index),
                         exact(sample.score), exact(sample.ms));
    }
  }
  return out;
}

std::string blocks_csv(const Analysis& analysis, const Journal& journal) {
  std::string out =
      "heat,set,cycle,contestant,variant,model,track,mode,threads,begin_ms,wall_ms,cpu_ms,samples,median_ms,stopped,"
      "use\n";
  for (const auto& set : journal.sets) {
    for (const TimedBlock& block : blocks_of(set, journal.processes)) {
      const BlockRecord& record = *block.record;
      const auto found = std::find_if(analysis.cells.begin(), analysis.cells.end(),
                                      [&record](const CellSummary& cell) { return cell.cell == record.cell; });
      if (found == analysis.cells.end()) continue;
      std::vector<double> ms;
      for (const Sample& sample : block.samples) ms.push_back(sample.ms);
      const auto in_ms = [](std::int64_t ns) { return exact(static_cast<double>(ns) / 1e6); };
      out +=
          fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", set.heat, set.set, record.cycle,
                      quoted(found->control ? found->id : found->peer), quoted(found->variant), quoted(found->model),
                      word_of(found->track), word_of(found->mode), found->threads,
                      in_ms(record.begin_ns - set.blocks.front().begin_ns), in_ms(record.wall_ns), in_ms(record.cpu_ns),
                      record.samples, ms.empty() ? "" : exact(median_of(ms)), record.stopped ? 1 : 0,
                      record.cycle == 0 ? "warm-up"
                      : block.disturbed ? "disturbed"
                                        : "compared");
    }
  }
  return out;
}

std::string counters_csv(const Analysis& analysis) {
  std::string out = "contestant,variant,model,track,mode,threads,counter,value,unit,processes,reason\n";
  for (const auto& cell : analysis.cells) {
    for (const auto& counter : cell.counters) {
      out +=
          fmt::format("{},{},{},{},{},{},{},{},{},{},{}\n", quoted(cell.control ? cell.id : cell.peer),
                      quoted(cell.variant), quoted(cell.model), word_of(cell.track), word_of(cell.mode), cell.threads,
                      quoted(counter.name), exact(counter.value), counter.unit, counter.n, quoted(counter.reason));
    }
  }
  return out;
}

}  // namespace kite::race
