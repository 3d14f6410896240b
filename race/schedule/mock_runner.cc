// SPDX-License-Identifier: Apache-2.0
// Logits are a fixed function of the picture's number, so a contestant has an error only if the test asks for it.
#include "race/schedule/mock_runner.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <span>

#include "paperkite/npy.h"
#include "paperkite/try.h"

namespace kite::race {

namespace {

constexpr std::int64_t kClasses = 5;

kite::Status write_items(const std::string& path, const std::vector<std::vector<float>>& items) {
  const TensorType row{DType::kFloat32, Shape{static_cast<std::int64_t>(items.front().size())}};
  KITE_TRY_ASSIGN(NpyWriter writer, NpyWriter::create(path, row));
  for (const auto& item : items) KITE_TRY(writer.append(std::as_bytes(std::span(item))));
  return writer.finish();
}

std::string value_behind(const Argv& argv, const std::string& flag) {
  const auto at = std::find(argv.begin(), argv.end(), flag);
  return at == argv.end() || at + 1 == argv.end() ? "" : *(at + 1);
}

// The noise of a process depends only on which process it is, so a resumed race measures the same as one
// that was not interrupted.
std::mt19937_64 random_of(const ProcessRequest& request) {
  std::uint64_t seed = 0;
  for (const std::int64_t number :
       {std::int64_t{request.cell.id}, std::int64_t{request.round}, std::int64_t{request.heat},
        std::int64_t{request.position}, static_cast<std::int64_t>(request.purpose)}) {
    seed = seed * 104729 + static_cast<std::uint64_t>(number);
  }
  return std::mt19937_64(seed);
}

}  // namespace

// Takes its samples by the runner's clock, and no time between its turns.
class MockLive final : public LiveContestant {
 public:
  MockLive(MockRunner& runner, const ProcessRequest& request)
      : runner_(runner),
        request_(request),
        self_(runner.contestants[request.cell.contestant]),
        random_(random_of(request)),
        factor_(std::exp(self_.process_sd * normal_(random_))) {
    record_.purpose = request.purpose;
    record_.begin_ns = runner.now_ns_;
    runner.now_ns_ += static_cast<std::int64_t>(self_.start_ms * factor_ * 1e6);
    take(0);
    if (runner.ran_[request.cell.contestant]++ >= self_.fails_from) fail("exit code 1");
  }
  [[nodiscard]] bool races() const override { return record_.status == Outcome::kOk; }
  Result<std::optional<Turn>> turn(std::int64_t first_input) override {
    if (blocks_++ >= self_.fails_in_block) fail("ended in its block");
    if (!races()) return std::optional<Turn>();
    if (runner_.before_run) runner_.before_run();
    runner_.turns.push_back(request_.cell.id);
    Turn turn;
    turn.begin_ns = runner_.now_ns_;
    while (runner_.now_ns_ - turn.begin_ns < 100'000'000) take((first_input + turn.samples++) % request_.inputs);
    turn.wall_ns = turn.cpu_ns = runner_.now_ns_ - turn.begin_ns;
    return std::optional(turn);
  }
  Result<ProcessRecord> end() override {
    record_.wall_ns = runner_.now_ns_ - record_.begin_ns;
    if (runner_.meddle) runner_.meddle(request_, record_);
    return record_;
  }

 private:
  void take(std::int64_t input) {
    const double ms = self_.sample_ms * factor_ * std::exp(self_.sample_sd * normal_(random_));
    record_.samples.push_back({static_cast<std::int32_t>(input), ms, static_cast<std::int32_t>(input % kClasses), 0.9});
    runner_.now_ns_ += static_cast<std::int64_t>(ms * 1e6);
  }
  void fail(const char* reason) {
    record_.status = Outcome::kFailed;
    record_.reason = reason;
  }

  MockRunner& runner_;
  ProcessRequest request_;
  const MockContestant& self_;
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
  double factor_;
  ProcessRecord record_;
  std::int32_t blocks_ = 0;
};

Result<std::unique_ptr<LiveContestant>> MockRunner::start(const ProcessRequest& request) {
  requests.push_back(request);
  return std::unique_ptr<LiveContestant>(std::make_unique<MockLive>(*this, request));
}

std::vector<float> mock_logits(std::int64_t picture) {
  std::vector<float> logits(kClasses);
  for (std::size_t i = 0; i < logits.size(); ++i) {
    logits[i] = static_cast<float>(std::sin(1.7 * static_cast<double>(picture) + static_cast<double>(i)));
  }
  logits[static_cast<std::size_t>(picture % kClasses)] = 4;
  return logits;
}

Result<ProcessRecord> MockRunner::run(const ProcessRequest& request) {
  requests.push_back(request);
  if (before_run) before_run();
  const MockContestant& self = contestants[request.cell.contestant];
  std::mt19937_64 random = random_of(request);
  std::normal_distribution<double> normal;
  const double factor = std::exp(self.process_sd * normal(random));
  ProcessRecord record;
  record.purpose = request.purpose;
  record.begin_ns = now_ns_;
  double ms = self.start_ms * factor;
  std::vector<std::vector<float>> logits;
  for (std::int64_t i = 0; request.cell.mode != Mode::kOneshot && i < request.count; ++i) {
    const std::int64_t input = i % request.inputs;
    logits.push_back(mock_logits(input));
    for (float& value : logits.back()) value += static_cast<float>(self.logit_error * 4);
    const double sample = self.sample_ms * factor * std::exp(self.sample_sd * normal(random));
    record.samples.push_back(
        {static_cast<std::int32_t>(input), sample, static_cast<std::int32_t>(input % kClasses), 0.9});
    ms += sample;
  }
  if (request.cell.mode == Mode::kOneshot) record.answer_index = 0;
  record.wall_ns = static_cast<std::int64_t>(ms * 1e6);
  now_ns_ += record.wall_ns + 10'000'000;  // what the runner itself needs
  if (ran_[request.cell.contestant]++ >= self.fails_from) {
    record.status = Outcome::kFailed;
    record.reason = "exit code 1";
    record.samples.clear();
  }
  if (const std::string path = value_behind(request.argv, "--logits"); !path.empty() && !logits.empty()) {
    KITE_TRY(write_items(path, logits));
  }
  if (const std::string path = value_behind(request.argv, "--tensors"); !path.empty()) {
    KITE_TRY(write_items(path, {{0.0F, 1.0F}}));
  }
  if (meddle) meddle(request, record);
  return record;
}

// argv: oracle INPUT OUTPUT; the input's first element is the picture's number.
kite::Status MockRunner::run_unmeasured(const Argv& argv, double) {
  ++unmeasured;
  now_ns_ += static_cast<std::int64_t>(oracle_ms * 1e6);
  KITE_TRY_ASSIGN(const NpyReader input, NpyReader::open(argv[1]));
  KITE_TRY_ASSIGN(const std::vector<float> values, input.read_floats(0, 1));
  return write_items(argv[2], {mock_logits(static_cast<std::int64_t>(values[0]))});
}

RaceSetup mock_setup(const std::string& folder, const std::vector<std::string>& contestants, int models, int pictures) {
  RaceSetup setup;
  std::filesystem::create_directories(folder + "/work");
  setup.folder = folder;
  setup.work = folder + "/work";
  setup.plan.hash = "mock";
  setup.plan.seed = 42;
  setup.plan.reference = contestants.front();
  setup.plan.pictures = pictures;
  std::vector<std::string> all = contestants;
  all.emplace_back("control");
  for (const std::string& id : all) {
    ContestantRecord record;
    record.id = id;
    record.peer = id == "control" ? contestants.front() : id.substr(0, id.find(':'));
    record.variant = id.find(':') == std::string::npos ? "" : id.substr(id.find(':') + 1);
    record.runtime = record.peer == contestants.front() ? "paperkite" : record.peer;
    record.control = id == "control";
    setup.plan.contestants.push_back(record);
  }
  for (int model = 0; model < models; ++model) {
    ModelRecord record;
    record.id = "m" + std::to_string(model);
    record.classes = kClasses;
    setup.plan.models.push_back(record);
    RaceModel files;
    files.inputs = folder + "/work/inputs.npy";
    files.oracle = [](const std::string& in, const std::string& out) { return Argv{"oracle", in, out}; };
    setup.models.push_back(files);
    for (const std::string& id : all) {
      for (const Mode mode : {Mode::kOneshot, Mode::kNoPre, Mode::kIncPre}) {
        const auto cell = static_cast<std::int32_t>(setup.plan.cells.size());
        setup.plan.cells.push_back({cell, id, record.id, mode, 1, id});
        RaceCell race_cell;
        race_cell.inputs = mode == Mode::kOneshot ? 1 : pictures;
        race_cell.argv = [id](std::int64_t count) { return Argv{id, std::to_string(count)}; };
        setup.cells.push_back(std::move(race_cell));
      }
    }
  }
  std::vector<std::vector<float>> inputs;
  for (int i = 0; i < pictures; ++i) inputs.push_back({static_cast<float>(i), 1.0F});
  if (!write_items(setup.models.front().inputs, inputs).ok()) setup.models.clear();
  return setup;
}

}  // namespace kite::race
