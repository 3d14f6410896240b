// SPDX-License-Identifier: Apache-2.0
// Makes the planted journal, the same one everywhere.
#include "race/report/analysis/planted_journal.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>

#include "race/stats/random.h"

namespace kite::race {
namespace {

// Box & Muller 1958.
double normal(Random& random) {
  return std::sqrt(-2 * std::log(1 - random.uniform())) * std::cos(2 * std::numbers::pi * random.uniform());
}

std::int64_t ns(double ms) { return static_cast<std::int64_t>(ms * 1e6); }
std::uint64_t mib(double n) { return static_cast<std::uint64_t>(n * 1024 * 1024); }

constexpr std::array<const char*, 2> kModels = {"regnet_x_400mf", "regnet_y_16gf"};
constexpr std::array<Mode, 3> kModes = {Mode::kOneshot, Mode::kNoPre, Mode::kIncPre};

// Of the reference, by model: what the truths multiply.
struct Base {
  double start, load, steady, preprocess, memory_mib;
};
constexpr std::array<Base, 2> kBases = {Base{110, 60, 3.2, 2.1, 120}, Base{110, 420, 85, 2.1, 870}};

ContestantRecord contestant(std::string id, std::string title, std::string runtime, std::string language) {
  ContestantRecord made;
  made.id = id;
  const auto colon = id.find(':');
  made.peer = id.substr(0, colon);
  made.variant = colon == std::string::npos ? "" : id.substr(colon + 1);
  made.title = std::move(title);
  made.runtime = std::move(runtime);
  made.language = std::move(language);
  made.settings = "float32, threads as asked, full graph optimisation";
  made.installed_bytes = made.language == "Python" ? 210'000'000 : 24'000'000;
  made.versions = {{"runtime", made.runtime == "ONNX Runtime" ? "1.32.0" : "1.0"}};
  return made;
}

PlanRecord plan_of(const PlantedOptions& options) {
  PlanRecord plan;
  plan.created = "2026-11-25T12:00:00Z";
  plan.preset = "study";
  plan.hash = "planted";
  plan.seed = options.seed;
  plan.budget_minutes = 60;
  plan.reference = "onnxruntime-python";
  plan.pictures_folder = "pictures";
  plan.picture = "pictures/paper_kite.jpg";
  plan.pictures = 20;
  plan.machine.processor = "Planted CPU";
  plan.machine.processors = "2 of 2 allowed (0,1)";
  plan.machine.memory = "8 GiB";
  plan.machine.governor = "not visible";
  for (std::size_t m = 0; m < kModels.size(); ++m) {
    ModelRecord model;
    model.id = kModels[m];
    model.path = fmt::format("models/{}.onnx", kModels[m]);
    model.sha256 = std::string(64, static_cast<char>('a' + m));
    model.bytes = mib(m == 0 ? 20 : 330);
    model.macs = m == 0 ? 400'000'000 : 16'000'000'000;
    model.parameters = m == 0 ? 5'000'000 : 83'000'000;
    model.input_shape = {1, 3, 224, 224};
    model.classes = 75;
    plan.models.push_back(model);
  }
  auto control = contestant("onnxruntime-python", "ONNX Runtime (Python)", "ONNX Runtime", "Python");
  control.id = "control";
  control.control = true;
  auto saved = contestant("paperkite:plan", "paperkite", "paperkite", "C++");
  saved.title = "paperkite, its plan";
  auto absent = contestant("absent", "Absent", "Absent", "Go");
  absent.ready = false;
  absent.reason = "not set up: run `kite race setup absent`";
  plan.contestants = {contestant("onnxruntime-python", "ONNX Runtime (Python)", "ONNX Runtime", "Python"),
                      control,
                      contestant("onnxruntime-rust", "ONNX Runtime (Rust)", "ONNX Runtime", "Rust"),
                      contestant("paperkite", "paperkite", "paperkite", "C++"),
                      saved,
                      contestant("pytorch", "PyTorch", "libtorch", "Python"),
                      contestant("blurry", "Blurry", "Blurry", "C"),
                      contestant("crashy", "Crashy", "Crashy", "C"),
                      absent};
  const std::vector<std::int32_t> threads = options.second_thread_count ? std::vector{1, 2} : std::vector{2};
  for (const auto& record : plan.contestants) {
    if (!record.ready) continue;
    for (const auto* model : kModels) {
      for (const Mode mode : kModes) {
        for (const std::int32_t count : threads) {
          CellRecord cell;
          cell.id = static_cast<std::int32_t>(plan.cells.size());
          cell.contestant = record.id;
          cell.model = model;
          cell.mode = mode;
          cell.threads = count;
          cell.command = fmt::format("{} --model models/{}.onnx --threads {}", record.peer, model, count);
          plan.cells.push_back(cell);
        }
      }
    }
  }
  return plan;
}

std::vector<CounterRecord> counters_of(double cpu_ms) {
  return {{"task-clock", cpu_ms * 1e6, ""},
          {"context-switches", 12, ""},
          {"cpu-migrations", 1, ""},
          {"page-faults", 9000, ""},
          {"cycles", std::nullopt, "this machine has no hardware counters"},
          {"instructions", std::nullopt, "this machine has no hardware counters"},
          {"branches", std::nullopt, "this machine has no hardware counters"},
          {"branch-misses", std::nullopt, "this machine has no hardware counters"}};
}

struct Maker {
  const PlantedOptions& options;
  const PlanRecord& plan;
  Random random;

  ProcessRecord process(const CellRecord& cell, std::int32_t round, std::int32_t position, double round_factor) {
    const std::size_t m = cell.model == kModels[0] ? 0 : 1;
    const Base& base = kBases[m];
    const bool control = cell.contestant == "control";
    const PlantedTruth truth = control ? PlantedTruth{} : planted_truths().at(cell.contestant);
    const double factor = round_factor * std::exp(options.process_noise * normal(random)) *
                          (control ? options.control_factor : 1) * (cell.threads == 1 ? 1.8 : 1);
    ProcessRecord made;
    made.cell = cell.id;
    made.round = round;
    made.position = position;
    made.begin_ns = ns(1e6 + 1e4 * round + 100 * position);
    made.argv = {cell.contestant, "--model", cell.model};
    made.noise = {.probe_before_ms = 5, .probe_after_ms = 5.01, .steal_ms = 0.1, .psi_cpu_some_ms = 1, .load = 1.1};
    made.info = {{"threads", fmt::format("{}", cell.threads)}, {"settings", "planted"}};
    made.peak_rss_floor_bytes = mib(1);
    made.peak_rss_bytes = mib(base.memory_mib * truth.memory * (1 + 0.001 * normal(random)));
    made.minor_faults = 9000;
    made.voluntary_switches = 10;
    made.involuntary_switches = 2;
    if (cell.contestant == "crashy" && m == 1) {
      made.status = Outcome::kFailed;
      made.exit_code = 3;
      made.reason = "exit code 3: cannot run this model";
      made.log = fmt::format("logs/{}-{}.txt", cell.id, round);
      made.wall_ns = ns(1.5);
      return made;
    }
    if (cell.mode == Mode::kOneshot) {
      const double whole = (base.start + base.load + base.steady) * truth.whole * factor;
      made.label_ns = ns(whole * 0.97);
      made.wall_ns = ns(whole);
      made.answer_index = 50;
      made.answer_label = "Paper Kite, \"the\" one";
      made.answer_score = 0.9957;
    } else {
      isolated(made, cell, base, truth, factor);
    }
    const double wall_ms = static_cast<double>(made.wall_ns) / 1e6;
    made.user_ns = ns(wall_ms * 1.4);
    made.system_ns = ns(wall_ms * 0.2);
    made.counters = counters_of(wall_ms * 1.6);
    return made;
  }

  void isolated(ProcessRecord& made, const CellRecord& cell, const Base& base, const PlantedTruth& truth,
                double factor) {
    const double start = base.start * truth.whole * factor;
    const double load = base.load * truth.load * factor;
    const double once =
        base.steady * truth.steady * factor + (cell.mode == Mode::kIncPre ? base.preprocess * factor : 0);
    double now = start + load;
    for (std::int32_t i = 0; i < options.samples; ++i) {
      const double early = i == 0 ? 2.5 : i < 4 ? 1.3 : 1;
      const double ms = once * early * std::exp(0.02 * normal(random));
      const std::int32_t input = i % 20;
      made.samples.push_back({input, ms, input == 7 ? 3 : 50, 0.9});
      now += ms;
      if (i == 0) made.phases = {{"runtime", ns(start)}, {"loaded", ns(start + load)}, {"first", ns(now)}};
    }
    made.phases.push_back({"done", ns(now)});
    made.wall_ns = ns(now + 4 * factor);
    made.label_ns = ns(now);
    const double peak = static_cast<double>(made.peak_rss_bytes);
    const auto share = [&](double part) { return static_cast<std::uint64_t>(peak * part); };
    made.marks = {{"loaded", share(0.5), share(0.3), share(0.7), 0},
                  {"end", share(0.6), share(0.3), share(0.8), share(1)}};
  }
};

void add_parity(Journal& journal) {
  for (const auto& record : journal.plan.contestants) {
    if (!record.ready || record.control) continue;
    for (const auto* model : kModels) {
      for (const Mode mode : {Mode::kNoPre, Mode::kIncPre}) {
        if (record.id == "crashy" && model == kModels[1]) continue;
        ParityRecord row;
        row.contestant = record.id;
        row.model = model;
        row.judge = "double oracle";
        row.mode = mode;
        row.pictures = 20;
        row.largest_logit = 14;
        row.max_logit_difference = record.id == "blurry" ? 2.5 : 2e-5;
        row.top1_agreement = record.id == "blurry" ? 0.8 : 1;
        row.equal = record.id != "blurry";
        if (!row.equal) row.reason = "logits differ by 18 % of the largest, the limit is 0.1 %";
        row.differences.assign(20, static_cast<float>(row.max_logit_difference / row.largest_logit));
        journal.parity.push_back(row);
      }
    }
  }
}

}  // namespace

const std::map<std::string, PlantedTruth>& planted_truths() {
  static const std::map<std::string, PlantedTruth> kTruths = {{"onnxruntime-python", {1, 1, 1, 1}},
                                                              {"onnxruntime-rust", {0.4, 1, 1, 0.7}},
                                                              {"paperkite", {0.8, 0.8, 0.8, 0.5}},
                                                              {"paperkite:plan", {0.6, 0.2, 0.8, 0.5}},
                                                              {"pytorch", {3, 3, 3, 6}},
                                                              {"blurry", {0.5, 0.5, 0.5, 0.5}},
                                                              {"crashy", {1.2, 1.2, 1.2, 1}}};
  return kTruths;
}

Journal planted_journal(const PlantedOptions& options) {
  Journal journal;
  journal.plan = plan_of(options);
  add_parity(journal);
  Maker maker{options, journal.plan, Random(options.seed)};
  for (std::int32_t i = 0; i < (options.stops_in_pilot ? 2 : 3); ++i) {
    auto pilot = maker.process(journal.plan.cells[static_cast<std::size_t>(i)], i, 0, 1);
    pilot.purpose = Purpose::kPilot;
    journal.processes.push_back(pilot);
  }
  if (options.stops_in_pilot) {
    journal.notes.push_back({NoteKind::kInterrupted, {}, "interrupted"});
    return journal;
  }
  DecisionRecord decision;
  decision.rounds = options.planned_rounds;
  for (const auto& cell : journal.plan.cells) {
    if (cell.mode != Mode::kOneshot) decision.counts[cell.id] = options.samples;
  }
  decision.why = "the pilot's spread gives an interval of 2 % at this many rounds";
  journal.decision = decision;

  std::vector<std::size_t> order(journal.plan.cells.size());
  for (std::int32_t round = 0; round < options.rounds; ++round) {
    std::iota(order.begin(), order.end(), 0);
    for (std::size_t i = order.size() - 1; i > 0; --i) std::swap(order[i], order[maker.random.below(i + 1)]);
    const double round_factor = std::exp(options.round_noise * normal(maker.random));
    for (std::size_t i = 0; i < order.size(); ++i) {
      journal.processes.push_back(
          maker.process(journal.plan.cells[order[i]], round, static_cast<std::int32_t>(i), round_factor));
    }
    if (round != 1) continue;
    // One process was disturbed; its round's cell ran once more, and both are kept.
    const std::size_t disturbed = journal.processes.size() - order.size();
    auto again = maker.process(journal.plan.cells[order[0]], round, 0, round_factor);
    again.purpose = Purpose::kRerun;
    journal.processes[disturbed].flags = {"steal"};
    journal.processes[disturbed].wall_ns *= 3;
    journal.processes.push_back(again);
  }
  if (options.rounds < options.planned_rounds) journal.notes.push_back({NoteKind::kInterrupted, {}, "interrupted"});
  return journal;
}

}  // namespace kite::race
