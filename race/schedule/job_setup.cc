// SPDX-License-Identifier: Apache-2.0
// Every picture of a job is one input, in both isolated modes.
#include "race/schedule/job_setup.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <utility>

#include "paperkite/model.h"

namespace kite::race {

namespace {

// If the number of rounds is given, the pilot only has to find the costs.
std::int32_t pilot_rounds_of(const Job& job) { return job.plan.rounds > 0 ? 1 : 5; }

// Empty if the model does not have exactly one input and one output: then it is not a classifier of pictures.
std::function<Argv(const std::string&, const std::string&)> oracle_of(const std::string& kite,
                                                                      const std::string& path) {
  ModelOptions options;
  options.use_cache = false;  // a race leaves nothing in the user's cache
  const auto model = Model::open(path, options);
  if (!model.ok() || model->inputs().size() != 1 || model->outputs().size() != 1) return {};
  return [kite, path, in = std::string(model->inputs()[0].name), out = std::string(model->outputs()[0].name)](
             const std::string& input, const std::string& output) {
    return Argv{kite, "run", path, "--oracle", "--input", in + "=" + input, "--output", out + "=" + output};
  };
}

}  // namespace

RaceSetup setup_of(const Job& job, const std::string& kite, const std::atomic<bool>* interrupted) {
  RaceSetup setup;
  setup.plan = job.plan;
  setup.folder = job.folder;
  setup.work = job.work;
  setup.memory_runs = job.memory ? 1 : 0;
  setup.count_instructions = job.memory;
  setup.heat_seconds = job.heat_seconds;
  setup.pilot_rounds = pilot_rounds_of(job);
  setup.interrupted = interrupted;
  for (const CellRecord& cell : job.plan.cells) {
    const auto at = static_cast<std::size_t>(cell.id);
    RaceCell race_cell;
    race_cell.unready = job.unready[at];
    race_cell.inputs = cell.mode == Mode::kOneshot ? 1 : std::max<std::int64_t>(job.plan.pictures, 1);
    race_cell.argv = [&job, id = cell.id](std::int64_t count) { return job.argv(id, count); };
    setup.cells.push_back(std::move(race_cell));
  }
  for (const ModelRecord& model : job.plan.models) {
    RaceModel race_model;
    if (const auto found = job.tensors.find(model.id); found != job.tensors.end()) race_model.inputs = found->second;
    if (const auto found = job.labels.find(model.id); found != job.labels.end()) race_model.labels = found->second;
    if (!kite.empty() && !race_model.inputs.empty()) race_model.oracle = oracle_of(kite, model.path);
    setup.models.push_back(std::move(race_model));
  }
  return setup;
}

}  // namespace kite::race
