// SPDX-License-Identifier: Apache-2.0
// A Job: everything that must be known, or be on disk, before the first process is measured.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "paperkite/error.h"
#include "race/job/install_paths.h"
#include "race/job/model_files.h"
#include "race/job/options.h"
#include "race/journal/record.h"

namespace kite::race {

// The untimed `prepare` of one contestant and model.
struct Preparation {
  std::string contestant, model, cache;  // the model's path; the folder that it may write into
  std::vector<std::string> argv;
  std::vector<std::int32_t> cells;  // that cannot run without it
};

struct Job {
  PlanRecord plan;
  std::string folder;  // of the race, absolute; holds journal.jsonl
  std::string work;    // folder/work: recipes, labels, tensors and caches; to be removed at the end unless kept
  std::vector<std::string> pictures;           // absolute paths; input i of the tensors and lists is pictures[i]
  std::map<std::string, std::string> tensors;  // model id -> its inputs.npy; empty where no mode needs them
  std::map<std::string, std::vector<std::string>> labels;  // model id -> the lines of its labels.txt
  // Parallel to plan.cells: the argv, in which only {count} is not replaced yet; and the reason why the cell cannot run
  // (empty: it can).
  std::vector<std::vector<std::string>> commands;
  std::vector<std::string> unready;
  std::vector<Preparation> preparations;
  double heat_seconds = 0;  // of one heat; 0: what the budget leaves, or what its resolution needs
  bool memory = false;      // run one traced process for each cell, for memory at its exit
  bool profile = false;     // run one profiled process for each cell
  bool keep = false;        // do not remove the tensors

  // The argv of a cell that takes `count` samples, which oneshot ignores.
  [[nodiscard]] std::vector<std::string> argv(std::int32_t cell, std::int64_t count) const;
};

// Finds contestants, models and pictures, and writes the files that they need. The plan has no `machine` yet.
// A whole program without a peer (contestant.peer is empty) is a command line: its exit code says whether it worked,
// and its output is searched for an answer.
[[nodiscard]] Result<Job> make_job(const Options& options, const InstallPaths& paths, const JobWatch& watch);

// Runs every preparation. When one fails, its error becomes the reason why its cells cannot run.
void prepare(Job& job, const JobWatch& watch);

void remove_work(const Job& job);

}  // namespace kite::race
