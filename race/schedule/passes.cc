// SPDX-License-Identifier: Apache-2.0
// When a race is resumed, the judge is made again from its files. Verdicts that are in the journal do not change.
#include "race/schedule/passes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <set>
#include <utility>

#include "paperkite/try.h"
#include "race/journal/words.h"
#include "race/schedule/oracle.h"
#include "race/schedule/parity.h"

namespace kite::race {

namespace {

// Share of the budget for the passes of all models. The rest is for what the race compares.
constexpr double kBudgetShare = 0.3;
// The others may be slower than the reference; by how much is not known before they have run.
constexpr double kSlowness = 2;
constexpr std::int64_t kScoutSamples = 16;
constexpr std::int64_t kFewestPictures = 32;
constexpr double kPassTimeouts = 10;       // times the limit of a round's process
constexpr double kSlowestContestant = 20;  // times the reference's pass

class ModelPasses {
 public:
  ModelPasses(Conductor& conductor, std::size_t model)
      : conductor_(conductor), model_(model), id_(conductor.setup().plan.models[model].id) {
    const PlanRecord& plan = conductor.setup().plan;
    std::set<std::pair<std::string, Mode>> seen;
    for (const CellRecord& cell : plan.cells) {
      if (cell.model != id_ || cell.mode == Mode::kOneshot || conductor.contestant(cell.id).control) continue;
      if (!conductor.race_cell(cell.id).unready.empty()) continue;
      if (!seen.insert({cell.contestant, cell.mode}).second) continue;  // one pass for all numbers of threads
      (cell.contestant == plan.reference ? reference_ : others_).push_back(cell.id);
    }
    // no_pre first: if the reference has logits of the given tensors, the judge uses these.
    std::stable_sort(reference_.begin(), reference_.end(),
                     [&](std::int32_t a, std::int32_t b) { return conductor.cell(a).mode < conductor.cell(b).mode; });
  }

  kite::Status run() {
    KITE_TRY(choose_count());
    expect_all();
    for (const std::int32_t cell : reference_) {
      KITE_TRY(pass(cell));
    }
    KITE_TRY(make_judge());
    for (const std::int32_t cell : reference_) KITE_TRY(judge(cell));
    for (const std::int32_t cell : others_) {
      KITE_TRY(pass(cell));
      KITE_TRY(judge(cell));
    }
    KITE_TRY(judge_control());
    KITE_TRY(judge_the_judge());
    return {};
  }

 private:
  [[nodiscard]] const RaceSetup& setup() const { return conductor_.setup(); }
  [[nodiscard]] std::string file(std::int32_t cell, const char* what) const {
    return fmt::format("{}/pass-{}-{}.npy", setup().work, cell, what);
  }

  [[nodiscard]] std::vector<std::int32_t> all() const {
    std::vector<std::int32_t> cells = reference_;
    cells.insert(cells.end(), others_.begin(), others_.end());
    return cells;
  }

  // How many pictures fit into the budget. A resumed race uses the number that it began with.
  kite::Status choose_count() {
    for (const std::int32_t cell : all()) {
      count_ = std::max(count_, conductor_.race_cell(cell).inputs);
      if (const ProcessRecord* done = conductor_.ledger().find_ok(cell, Purpose::kPass)) {
        count_ = static_cast<std::int64_t>(done->samples.size());
        return {};
      }
    }
    if (setup().plan.budget_minutes <= 0 || reference_.empty() || count_ <= kFewestPictures) return {};
    Conductor::Task scout;
    scout.cell = reference_.front();
    scout.purpose = Purpose::kPass;
    scout.count = std::min(kScoutSamples, count_);
    scout.timeout_s = setup().timeout_s;
    KITE_TRY_ASSIGN(const auto seen, conductor_.run_unrecorded(scout));
    if (seen.status != Outcome::kOk) return {};
    const double each = static_cast<double>(seen.wall_ns) * 1e-9 / static_cast<double>(scout.count);
    const double allowed =
        kBudgetShare * setup().plan.budget_minutes * 60 / static_cast<double>(setup().plan.models.size());
    const auto fits = static_cast<std::int64_t>(allowed / (each * kSlowness * static_cast<double>(all().size())));
    if (fits >= count_) return {};
    const std::int64_t whole = std::exchange(count_, std::max(fits, kFewestPictures));
    return conductor_.note(
        NoteKind::kWarning, id_,
        fmt::format("parity on {} is judged on the first {} of {} pictures: the budget has no room for more "
                    "(raise --budget)",
                    id_, count_, whole));
  }

  void expect_all() {
    for (const std::int32_t cell : all()) {
      const bool done = conductor_.ledger().has(cell, 0, Purpose::kPass);
      conductor_.expect(cell, Purpose::kPass, done ? 0 : 1, 0);
    }
  }

  [[nodiscard]] std::int64_t count_of(std::int32_t cell) const {
    return std::min(count_, std::max<std::int64_t>(conductor_.race_cell(cell).inputs, 1));
  }

  [[nodiscard]] bool all_judged() const {
    const std::vector<std::int32_t> cells = all();
    return std::all_of(cells.begin(), cells.end(), [this](std::int32_t cell) {
      const CellRecord& record = conductor_.cell(cell);
      return conductor_.ledger().parity(record.contestant, id_, record.mode) != nullptr;
    });
  }

  kite::Status pass(std::int32_t cell) {
    const CellRecord& record = conductor_.cell(cell);
    Conductor::Task task;
    task.cell = cell;
    task.purpose = Purpose::kPass;
    task.count = count_of(cell);
    task.extra = {"--logits", file(cell, "logits")};
    if (record.mode == Mode::kIncPre) task.extra.insert(task.extra.end(), {"--tensors", file(cell, "tensors")});
    task.timeout_s = std::max(kPassTimeouts * setup().timeout_s, kSlowestContestant * reference_seconds());
    const bool judged = conductor_.ledger().parity(record.contestant, id_, record.mode) != nullptr;
    const bool needed = !all_judged() && (!judged || record.contestant == setup().plan.reference);
    std::error_code ignored;
    if (needed && conductor_.ledger().find_ok(cell, Purpose::kPass) != nullptr &&
        !std::filesystem::exists(file(cell, "logits"), ignored)) {
      KITE_TRY(conductor_.run_unrecorded(task));
      return {};
    }
    return conductor_.run(task);
  }

  [[nodiscard]] double reference_seconds() const {
    double seconds = 0;
    for (const std::int32_t cell : reference_) {
      seconds = std::max(seconds, conductor_.ledger().usual_seconds(cell, Purpose::kPass));
    }
    return seconds;
  }

  // The logits of a pass that was ok.
  [[nodiscard]] Result<Logits> logits_of(std::int32_t cell) const {
    const ProcessRecord* pass = conductor_.ledger().find_ok(cell, Purpose::kPass);
    if (pass == nullptr) return Error{ErrorCode::kInvalidInput, "its pass over the pictures failed", {}, {}};
    KITE_TRY_ASSIGN(Logits logits, read_logits(file(cell, "logits")));
    if (std::string wrong = contradiction(pass->samples, logits); !wrong.empty()) {
      return Error{ErrorCode::kInvalidInput, std::move(wrong), {}, {}};
    }
    return logits;
  }

  kite::Status make_judge() {
    if (all_judged()) return {};
    const RaceModel& files = setup().models[model_];
    std::optional<Logits> oracle;
    if (files.oracle && !files.inputs.empty()) {
      auto computed = run_oracle(conductor_, files, fmt::format("{}/oracle-{}", setup().work, model_), count_);
      KITE_TRY(conductor_.check_interrupted());
      if (computed.ok()) {
        oracle = std::move(computed).value();
      } else {
        KITE_TRY(conductor_.note(NoteKind::kWarning, id_,
                                 fmt::format("the oracle cannot judge {}: {}", id_, computed.error().message())));
      }
    }
    std::optional<Logits> reference;
    if (!reference_.empty()) {
      auto own = logits_of(reference_.front());
      if (own.ok()) {
        reference = std::move(own).value();
      } else {
        KITE_TRY(conductor_.note(NoteKind::kUnranked, id_,
                                 fmt::format("the reference has no logits of {}: {}", id_, own.error().message())));
      }
    }
    KITE_TRY(combine(std::move(oracle), std::move(reference)));
    return {};
  }

  kite::Status combine(std::optional<Logits> oracle, std::optional<Logits> reference) {
    const std::string& name = setup().plan.reference;
    if (!oracle && !reference)
      return conductor_.note(NoteKind::kUnranked, id_, fmt::format("there is no judge of {}", id_));
    if (!oracle) {
      judge_ = std::move(reference);
      judge_name_ = name;
      return conductor_.note(NoteKind::kJudge, id_,
                             fmt::format("judge of {}: {} on all {} pictures", id_, name, judge_->pictures));
    }
    const std::int64_t pictures = oracle->pictures;
    judge_name_ = fmt::format("{} ({} pictures)", setup().oracle_name, pictures);
    if (!reference) {
      judge_ = std::move(oracle);
      return conductor_.note(NoteKind::kJudge, id_, fmt::format("judge of {}: {}", id_, judge_name_));
    }
    const Mode mode = conductor_.cell(reference_.front()).mode;
    const ParityRecord agreement = compare_logits(mode, *oracle, *reference);
    if (!agreement.equal) {
      judge_ = std::move(oracle);
      return conductor_.note(
          NoteKind::kUnranked, id_,
          fmt::format("the reference {} disagrees with {} on {}: {}", name, judge_name_, id_, agreement.reason));
    }
    std::copy(oracle->values.begin(), oracle->values.end(), reference->values.begin());
    judge_ = std::move(reference);
    if (judge_->pictures == pictures)
      return conductor_.note(NoteKind::kJudge, id_, fmt::format("judge of {}: {}", id_, judge_name_));
    judge_name_ += ", " + name;
    return conductor_.note(
        NoteKind::kJudge, id_,
        fmt::format("judge of {}: {} on the first {} of {} pictures, and, since they agree there to {:.1g} "
                    "of the largest logit, {} on the rest",
                    id_, setup().oracle_name, pictures, judge_->pictures, largest(agreement.differences), name));
  }

  static double largest(const std::vector<float>& values) {
    return values.empty() ? 0 : double{*std::max_element(values.begin(), values.end())};
  }

  kite::Status judge(std::int32_t cell) {
    const CellRecord& own = conductor_.cell(cell);
    if (!judge_ || conductor_.ledger().parity(own.contestant, id_, own.mode) != nullptr) return {};
    if (!conductor_.race_cell(cell).unready.empty()) return {};
    ParityRecord record;
    auto logits = logits_of(cell);
    if (logits.ok()) {
      record = compare_logits(own.mode, *judge_, *logits);
    } else {
      record.equal = false;
      record.top1_agreement = 0;
      record.reason = logits.error().message();
    }
    record.contestant = own.contestant;
    record.model = id_;
    record.judge = judge_name_;
    record.mode = own.mode;
    if (logits.ok() && own.mode == Mode::kIncPre && !setup().models[model_].inputs.empty()) {
      auto tensors = compare_tensors(setup().models[model_].inputs, file(cell, "tensors"));
      if (tensors.ok()) {
        record.max_tensor_difference = tensors->max;
        record.differing_tensor_share = tensors->differing_share;
      } else if (record.reason.empty()) {
        record.reason = "its tensors cannot be compared: " + tensors.error().message();
      }
    }
    return conductor_.write(record);
  }

  // The control is the reference under another name: it computes the same.
  kite::Status judge_control() {
    for (const ContestantRecord& contestant : setup().plan.contestants) {
      if (!contestant.control) continue;
      for (const Mode mode : {Mode::kNoPre, Mode::kIncPre}) {
        const ParityRecord* reference = conductor_.ledger().parity(setup().plan.reference, id_, mode);
        if (reference == nullptr || conductor_.ledger().parity(contestant.id, id_, mode) != nullptr) continue;
        ParityRecord record = *reference;
        record.contestant = contestant.id;
        KITE_TRY(conductor_.write(record));
      }
    }
    return {};
  }

  // If two independent runtimes both differ from the judge, then more likely the judge is wrong.
  kite::Status judge_the_judge() {
    std::set<std::string> disagreeing;
    for (const ParityRecord& record : conductor_.ledger().journal().parity) {
      if (record.model != id_ || record.mode != Mode::kNoPre || record.equal || record.pictures == 0) continue;
      for (const ContestantRecord& contestant : setup().plan.contestants) {
        if (contestant.id == record.contestant) disagreeing.insert(contestant.runtime);
      }
    }
    for (const ContestantRecord& contestant : setup().plan.contestants) {
      if (contestant.id == setup().plan.reference) disagreeing.erase(contestant.runtime);
    }
    if (setup().models[model_].oracle) disagreeing.erase(setup().oracle_runtime);
    if (disagreeing.size() < 2) return {};
    return conductor_.note(NoteKind::kUnranked, id_,
                           fmt::format("the judge of {} disagrees with {} independent runtimes ({}); name another "
                                       "judge with --reference",
                                       id_, disagreeing.size(), fmt::join(disagreeing, ", ")));
  }

  Conductor& conductor_;
  std::size_t model_;
  const std::string& id_;
  std::vector<std::int32_t> reference_, others_;  // cells that pass
  std::int64_t count_ = 0;
  std::optional<Logits> judge_;
  std::string judge_name_;
};

}  // namespace

kite::Status run_passes(Conductor& conductor) {
  for (std::size_t model = 0; model < conductor.setup().plan.models.size(); ++model) {
    KITE_TRY(ModelPasses(conductor, model).run());
  }
  return {};
}

}  // namespace kite::race
