// SPDX-License-Identifier: Apache-2.0
// Tries the samplers in order until one shows functions by name, and keeps the best result.
#include "race/profile/profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <set>
#include <utility>

#include "paperkite/try.h"
#include "race/journal/profile_info.h"
#include "race/profile/folded.h"
#include "race/profile/memory_line.h"
#include "race/profile/sampling.h"
#include "race/spawn/environment.h"
#include "race/spawn/proc_text.h"

namespace kite::race {
namespace {

namespace fs = std::filesystem;

// If a smaller share of the frames has names, the sampler shows mostly addresses, and the next one is tried.
constexpr double kNamedEnough = 0.5;
// What perf prints of a profile of some seconds is 5 to 50 MB.
constexpr std::uint64_t kMostScriptBytes = 512u << 20;
constexpr std::int64_t kScriptTimeoutNs = 300'000'000'000;
constexpr std::size_t kMostNameBytes = 200;  // a file's name holds 255
constexpr std::uintmax_t kMostRawBytes = 256u << 20;

kite::Status write_text(const std::string& path, const std::string& text) {
  std::FILE* file = std::fopen(path.c_str(), "wbe");
  int number = file == nullptr ? errno : 0;
  if (file != nullptr) {
    if (std::fwrite(text.data(), 1, text.size(), file) != text.size()) number = errno;
    if (std::fclose(file) != 0 && number == 0) number = errno;
  }
  if (number == 0) return {};
  return Error{ErrorCode::kIo, fmt::format("cannot write a profile: {}", std::strerror(number)), path,
               "name a folder that can be written, on a disk with room"};
}

// Why a program failed, followed by the last line that it printed.
std::string reason_of(const SpawnOutcome& outcome) {
  std::string_view said = outcome.standard_error;
  said = said.substr(0, said.find_last_not_of(" \t\r\n") + 1);
  said = said.substr(said.rfind('\n') + 1);  // npos + 1 is 0
  return said.empty() ? outcome.reason : fmt::format("{}: {}", outcome.reason, said.substr(0, 300));
}

// Tries all samplers for one contestant.
class Profiler {
 public:
  Profiler(Spawner& spawner, const ProfileRequest& request)
      : spawner_(spawner), request_(request), stem_("profiles/" + profile_name(request.cell)) {}

  Result<ProcessRecord> run() {
    std::error_code failed;
    fs::create_directories(request_.folder + "/profiles", failed);
    if (failed)
      return Error{ErrorCode::kIo, "cannot make the folder: " + failed.message(), request_.folder + "/profiles", {}};
    KITE_TRY(find_tools());
    const std::string data_file = path(".samples");
    for (const Sampling& sampling : samplings(request_.argv, tools_, data_file)) {
      auto tried = attempt(sampling, data_file);
      fs::remove(data_file, failed);
      fs::remove(data_file + ".old", failed);  // perf's, of a file that it found there
      if (!tried.ok()) return std::move(tried).error();
      if (best_ && named_share(best_->stacks) >= kNamedEnough) break;
    }
    if (!best_) KITE_TRY(run_plain());
    return record();
  }

 private:
  struct Attempt {
    Sampling sampling;
    SpawnRequest spawn;
    SpawnOutcome outcome;
    FoldedStacks stacks;
    std::vector<MemorySample> memory;
  };

  std::string path(std::string_view ending) const { return fmt::format("{}/{}{}", request_.folder, stem_, ending); }

  SpawnRequest spawn_of(std::vector<std::string> argv) const {
    SpawnRequest spawn;
    spawn.argv = std::move(argv);
    spawn.timeout_ns = static_cast<std::int64_t>(request_.timeout_s * 1e9);
    spawn.count_events = false;
    spawn.cancelled = request_.cancelled;
    return spawn;
  }

  kite::Status find_tools() {
    const std::string search = clean_environment()["PATH"];
    tools_.perf = find_program("perf", search).value_or("");
    for (const CounterRecord& counter : spawner_.empty_run().counters) {
      if (counter.name == "cycles" && counter.value) tools_.hardware_cycles = true;
    }
    const std::string& program = request_.argv.front();
    if (!is_python(program)) return {};
    tools_.python = true;
    const std::string beside = (fs::path(program).parent_path() / "py-spy").string();
    std::error_code ignored;
    tools_.py_spy = fs::exists(beside, ignored) ? beside : find_program("py-spy", search).value_or("");
    KITE_TRY_ASSIGN(const SpawnOutcome asked,
                    spawner_.run(spawn_of({program, "-c", "import sys; print(sys.version_info >= (3, 12))"})));
    tools_.python_names_perf = asked.standard_output.starts_with("True");
    return {};
  }

  // An Error: the race itself cannot go on. A failure of the sampler or the contestant is noted and
  // does not change best_.
  kite::Status attempt(const Sampling& sampling, const std::string& data_file) {
    Attempt attempt{sampling, spawn_of(sampling.argv), {}, {}, {}};
    MemoryLine line(spawner_.helper_pid(), true);
    auto ran = spawner_.run(attempt.spawn);
    attempt.memory = line.stop();
    if (!ran.ok()) return std::move(ran).error();
    attempt.outcome = std::move(ran).value();
    std::string reason;
    if (attempt.outcome.status != Outcome::kOk) {
      reason = reason_of(attempt.outcome);
    } else if (sampling.sampler == Sampler::kPySpy) {
      attempt.stacks = read_py_spy(data_file, reason);
    } else {
      KITE_TRY_ASSIGN(attempt.stacks, read_perf(data_file, reason));
    }
    for (const int pid : line.pids()) {  // where Python wrote the names of its functions for perf
      std::error_code ignored;
      if (tools_.python_names_perf) fs::remove(fmt::format("/tmp/perf-{}.map", pid), ignored);
    }
    if (reason.empty() && attempt.stacks.empty()) reason = "no sample was taken";
    if (!reason.empty()) {
      failures_ += fmt::format("{}{}: {}", failures_.empty() ? "" : "; ", sampling.title, reason);
    } else if (!best_ || named_share(attempt.stacks) > named_share(best_->stacks)) {
      best_ = std::move(attempt);
    }
    return {};
  }

  static FoldedStacks read_py_spy(const std::string& data_file, std::string& reason) {
    std::error_code failed;
    const std::uintmax_t size = fs::file_size(data_file, failed);
    if (failed || size > kMostRawBytes) {
      reason = failed ? "it wrote nothing" : fmt::format("it wrote {} bytes", size);
      return {};
    }
    return fold_py_spy(read_text(data_file).value_or(""));
  }

  Result<FoldedStacks> read_perf(const std::string& data_file, std::string& reason) {
    SpawnRequest spawn = spawn_of(perf_script(tools_, data_file));
    spawn.timeout_ns = kScriptTimeoutNs;
    spawn.standard_output = {kMostScriptBytes, kMostScriptBytes};
    KITE_TRY_ASSIGN(const SpawnOutcome outcome, spawner_.run(spawn));
    if (outcome.status == Outcome::kOk) return fold_perf_script(outcome.standard_output);
    reason = "perf script: " + reason_of(outcome);
    return FoldedStacks();
  }

  // Runs the command without a sampler, to record its memory.
  kite::Status run_plain() {
    plain_.emplace(Attempt{{}, spawn_of(request_.argv), {}, {}, {}});
    MemoryLine line(spawner_.helper_pid(), false);
    auto ran = spawner_.run(plain_->spawn);
    plain_->memory = line.stop();
    if (!ran.ok()) return std::move(ran).error();
    plain_->outcome = std::move(ran).value();
    return {};
  }

  Result<ProcessRecord> record() {
    ProcessRecord record;
    const Attempt& shown = best_ ? *best_ : *plain_;
    fill(shown.spawn, shown.outcome, record);
    record.cell = request_.cell.id;
    record.round = 1;
    record.purpose = Purpose::kProfile;
    record.argv = request_.argv;
    std::string lacks = shown.sampling.lacks;
    if (best_) {
      KITE_TRY(write_text(path(".folded"), folded_text(best_->stacks)));
      record.info[kProfileStacks] = stem_ + ".folded";
      record.info[kProfileSampler] = shown.sampling.title;
      record.info[kProfileSamples] = std::to_string(sample_count(best_->stacks));
      if (!failures_.empty()) lacks += (lacks.empty() ? "" : "; ") + ("tried before: " + failures_);
    } else if (record.status == Outcome::kOk) {
      record.status = failures_.empty() ? Outcome::kMissing : Outcome::kFailed;
      record.reason = failures_.empty() ? why_none(tools_) : failures_;
    }
    if (!lacks.empty()) record.info[kProfileLacks] = lacks;
    if (!shown.memory.empty()) {
      KITE_TRY(write_text(path(".memory.csv"), memory_csv(shown.memory)));
      record.info[kProfileMemory] = stem_ + ".memory.csv";
    }
    return record;
  }

  Spawner& spawner_;
  const ProfileRequest& request_;
  std::string stem_;
  SamplingTools tools_;
  std::optional<Attempt> best_, plain_;
  std::string failures_;
};

}  // namespace

std::vector<std::int32_t> cells_to_profile(const PlanRecord& plan) {
  std::vector<std::int32_t> chosen;
  const auto first_cell = [&](const std::string& contestant, const std::string& model,
                              std::optional<Mode> mode) -> std::optional<std::int32_t> {
    const auto found = std::find_if(plan.cells.begin(), plan.cells.end(), [&](const CellRecord& cell) {
      return cell.contestant == contestant && cell.model == model && (!mode || cell.mode == *mode);
    });
    return found == plan.cells.end() ? std::nullopt : std::optional(found->id);
  };
  std::set<std::pair<std::string, std::string>> seen;
  for (const CellRecord& cell : plan.cells) {
    const auto who = std::find_if(plan.contestants.begin(), plan.contestants.end(),
                                  [&](const ContestantRecord& contestant) { return contestant.id == cell.contestant; });
    if (who == plan.contestants.end() || who->control || !seen.emplace(cell.contestant, cell.model).second) continue;
    const auto isolated = first_cell(cell.contestant, cell.model, Mode::kNoPre);
    const auto whole = first_cell(cell.contestant, cell.model, Mode::kOneshot);
    if (isolated) chosen.push_back(*isolated);
    if (whole && (!isolated || who->language == "Python")) chosen.push_back(*whole);
    if (!isolated && !whole) chosen.push_back(cell.id);
  }
  return chosen;
}

std::string profile_name(const CellRecord& cell) {
  std::string name = (cell.contestant + "-" + cell.model).substr(0, kMostNameBytes);
  if (cell.mode == Mode::kOneshot) name += "-oneshot";
  for (char& c : name) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    if (!plain) c = c == ':' ? '.' : '_';
  }
  return name.front() == '.' ? "_" + name : name;
}

Result<ProcessRecord> profile_process(Spawner& spawner, const ProfileRequest& request) {
  if (request.argv.empty())
    return Error{ErrorCode::kUsage, "there is no command to profile", request.cell.contestant, {}};
  return Profiler(spawner, request).run();
}

}  // namespace kite::race
