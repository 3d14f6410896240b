// SPDX-License-Identifier: Apache-2.0
// The steps of make_job in their order: everything that can be refused is refused before the first slow step.
#include "race/job/job.h"

#include <fmt/format.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <ctime>
#include <filesystem>

#include "base/folder_reader.h"
#include "base/subprocess.h"
#include "cli/output/output_file.h"
#include "paperkite/try.h"
#include "race/job/command.h"
#include "race/job/pictures.h"
#include "race/job/presets.h"
#include "race/job/programs.h"
#include "race/job/selection.h"
#include "race/journal/json.h"
#include "race/journal/words.h"

namespace kite::race {

namespace {

namespace fs = std::filesystem;
constexpr double kLongestDrawing_s = 3600;

std::string utc_now(const char* format) {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 64> text{};
  return {text.data(), std::strftime(text.data(), text.size(), format, &parts)};
}

std::string absolute(const std::string& path) {
  std::error_code failed;
  return fs::absolute(path, failed).lexically_normal().string();
}

bool exists(const std::string& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

Result<std::vector<std::string>> find_models(const Options& options, const Preset& preset, const InstallPaths& paths,
                                             const JobWatch& watch) {
  std::vector<std::string> models;
  for (const std::string& model : options.models) {
    std::error_code ignored;
    if (!fs::is_regular_file(model, ignored)) {
      return Error{ErrorCode::kIo, "there is no such file", model, "name an .onnx file with --model"};
    }
    models.push_back(absolute(model));
  }
  if (!models.empty()) return models;
  std::string missing;
  for (const ProjectFile& file : preset.models) {
    const std::string path = paths.root + "/" + std::string(file.path);
    if (exists(path)) {
      models.push_back(path);
    } else {
      missing = path;
      if (!file.maker.empty())
        watch.note(fmt::format("{} is left out: it does not exist; `{}` makes it", path, file.maker));
    }
  }
  if (models.empty())
    return Error{ErrorCode::kUsage, "the preset's model does not exist", missing, "name one with --model FILE.onnx"};
  return models;
}

// The preset's pictures are drawn by a program of the project when they are not there yet.
kite::Status draw_pictures(const Preset& preset, const InstallPaths& paths, const JobWatch& watch) {
  const std::string program = paths.root + "/" + std::string(preset.draw_pictures);
  watch.note(fmt::format("drawing the pictures of the {} preset, once ({})", preset.name, program));
  SubprocessOptions options;
  options.timeout_s = kLongestDrawing_s;
  options.stop = watch.stop;
  options.on_tick = [&watch] { watch.progress("drawing pictures", 0, 0); };
  const auto result = run_subprocess({program}, options);
  const Error failure{ErrorCode::kUsage, "the preset's pictures could not be drawn", program,
                      "name a folder of pictures with --images"};
  if (!result.ok()) return failure;
  if (!result->ok())
    return Error{failure.code, failure.what + ": " + result->last_line(), failure.where, failure.remedy};
  return {};
}

Result<std::vector<std::string>> find_pictures(const Options& options, const Preset& preset, const InstallPaths& paths,
                                               std::string& folder, const JobWatch& watch) {
  folder = options.images.empty() ? paths.root + "/" + std::string(preset.pictures.path) : options.images;
  if (options.images.empty() && !exists(folder) && !preset.draw_pictures.empty())
    KITE_TRY(draw_pictures(preset, paths, watch));
  const std::int64_t count = options.pictures.value_or(options.images.empty() ? preset.picture_count : 0);
  folder = absolute(folder);
  return list_pictures(folder, count);
}

// In a folder that a race has made. What is in the work folder of another one belongs to the user.
constexpr const char* kWorkMark = "/work/.kite-race";

// A race writes many files, and removes its work folder at the end: so it needs a folder of its own.
kite::Status check_folder(const std::string& folder) {
  std::error_code failed;
  const bool is_empty = !exists(folder) || fs::is_empty(folder, failed);
  if (failed) {
    return Error{ErrorCode::kIo, "cannot look into the folder: " + failed.message(), folder, "check the path"};
  }
  // A race that failed before its journal was begun leaves the mark.
  if (is_empty || exists(folder + kWorkMark)) return {};
  return Error{ErrorCode::kUsage, "the folder holds other files, which a race might overwrite", folder,
               "name a new folder or an empty one with --out"};
}

Result<std::string> make_folder(const Options& options) {
  const std::string folder = absolute(options.out.empty() ? "kite-race-" + utc_now("%Y%m%d-%H%M%S") : options.out);
  if (!options.resume && exists(folder + "/journal.jsonl")) {
    return Error{ErrorCode::kUsage, "there is a race in this folder already", folder,
                 "continue it with --resume, or name another folder with --out"};
  }
  if (!options.resume) KITE_TRY(check_folder(folder));
  std::error_code failed;
  const bool is_ours = !options.resume || !exists(folder + "/work");
  fs::create_directories(folder + "/work", failed);
  if (failed)
    return Error{ErrorCode::kIo, "the race's folder cannot be made: " + failed.message(), folder,
                 "name another with --out DIR"};
  if (is_ours) KITE_TRY(cli::write_file(folder + kWorkMark, "kite race removes this folder when it ends\n"));
  return folder;
}

bool needs_tensors(const Options& options, const Preset& preset) {
  const std::vector<Mode>& modes = options.modes.empty() ? preset.modes : options.modes;
  return std::any_of(modes.begin(), modes.end(), [](Mode mode) { return mode != Mode::kOneshot; });
}

kite::Status write_picture_list(const std::string& path, const std::vector<std::string>& pictures) {
  std::string lines;
  for (const std::string& picture : pictures) lines += picture + '\n';
  return cli::write_file(path, lines);
}

// Contestant ids have characters that a shell or a Makefile of a peer might trip over.
std::string folder_name(std::string id) {
  for (char& c : id) {
    if (c == ':' || c == '@') c = '-';
  }
  return id;
}

// The placeholders that belong to the contestant and are the same in every race.
Values own_values(const Contestant& contestant, const InstallPaths& paths) {
  Values values = {{"root", paths.root}, {"kite", paths.kite}};
  if (!contestant.peer_folder.empty()) {
    values["peer"] = contestant.peer_folder;
    values["home"] = paths.home(contestant.record.peer);
  }
  return values;
}

class CellMaker {
 public:
  CellMaker(Job& job, const InstallPaths& paths, const std::vector<ModelFiles>& models)
      : job_(job), paths_(paths), models_(models) {}

  kite::Status add(const Contestant& contestant, const CellChoice& choice) {
    const ModelFiles& model = models_[choice.model];
    const Values values = values_of(contestant, choice, model);
    CellRecord cell;
    cell.id = static_cast<std::int32_t>(job_.plan.cells.size());
    cell.contestant = contestant.record.id;
    cell.model = model.record.id;
    cell.mode = choice.mode;
    cell.threads = choice.threads;
    job_.commands.push_back(expand(contestant.variant.command(choice.mode), values));
    job_.unready.push_back(contestant.record.ready ? std::string() : contestant.record.reason);
    if (contestant.record.ready && contestant.variant.model == "state_dict" && model.state_dict.empty()) {
      job_.unready.back() =
          fmt::format("it needs {} beside the model",
                      fs::path(model.record.path).replace_extension(".safetensors").filename().string());
    }
    const Values count = {{"count", std::to_string(job_.plan.pictures)}};
    cell.command = quoted(expand(job_.commands.back(), count));
    job_.plan.cells.push_back(cell);
    if (!contestant.record.ready) return {};
    return add_preparation(contestant, values, cell.id);
  }

 private:
  Values values_of(const Contestant& contestant, const CellChoice& choice, const ModelFiles& model) const {
    Values values = own_values(contestant, paths_);
    values["model"] = contestant.variant.model == "state_dict" ? model.state_dict : model.record.path;
    values["picture"] = job_.plan.picture;
    values["recipe"] = model.recipe;
    values["labels"] = model.labels;
    values["inputs"] = choice.mode == Mode::kIncPre ? job_.work + "/pictures.txt" : model.inputs;
    values["threads"] = std::to_string(choice.threads);
    values["track"] = word_of(contestant.record.track);
    values["cache"] = job_.work + "/cache/" + folder_name(contestant.record.id) + "/" + model.record.id;
    return values;
  }

  kite::Status add_preparation(const Contestant& contestant, const Values& values, std::int32_t cell) {
    const std::string& cache = values.find("cache")->second;
    std::error_code failed;
    fs::create_directories(cache, failed);
    if (failed) return Error{ErrorCode::kIo, "cannot be made: " + failed.message(), cache, {}};
    if (contestant.variant.prepare.empty()) return {};
    for (Preparation& preparation : job_.preparations) {
      if (preparation.cache != cache) continue;
      preparation.cells.push_back(cell);
      return {};
    }
    Values filled = values;
    filled["count"] = std::to_string(job_.plan.pictures);
    job_.preparations.push_back({contestant.record.id,
                                 values.find("model")->second,
                                 cache,
                                 expand(contestant.variant.prepare, filled),
                                 {cell}});
    return {};
  }

  Job& job_;
  const InstallPaths& paths_;
  const std::vector<ModelFiles>& models_;
};

// A hash of everything that decides what is run. It does not depend on where the race's folder is.
std::string hash_of(const Job& job) {
  PlanRecord plan = job.plan;
  plan.created.clear();
  plan.hash.clear();
  plan.machine = {};
  for (ContestantRecord& contestant : plan.contestants) contestant.installed_bytes = 0;  // a cache of byte code grows
  // The way in which a plan is run is part of the hash: a race that was begun in another way cannot be resumed.
  std::string text = to_json(Record(plan)) + "\nrounds with the reference between, heats";
  for (const std::vector<std::string>& command : job.commands) text += "\n" + quoted(command);
  for (const std::string& picture : job.pictures) text += "\n" + picture;
  for (std::size_t at = text.find(job.folder); at != std::string::npos; at = text.find(job.folder, at))
    text.replace(at, job.folder.size(), "{out}");
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

void begin_plan(const Options& options, const Preset& preset, PlanRecord& plan) {
  plan.created = utc_now("%Y-%m-%dT%H:%M:%SZ");
  plan.preset = preset.name;
  plan.seed = options.seed.value_or(1);
  plan.budget_minutes = options.budget_minutes.value_or(preset.budget_minutes);
  plan.rounds = options.rounds.value_or(preset.rounds);
  plan.margin = options.margin;
}

}  // namespace

std::vector<std::string> Job::argv(std::int32_t cell, std::int64_t count) const {
  const Values values = {{"count", std::to_string(count)}};
  return expand(commands[static_cast<std::size_t>(cell)], values);
}

Result<Job> make_job(const Options& options, const InstallPaths& paths, const JobWatch& watch) {
  const Preset* preset = find_preset(options.preset);
  if (preset == nullptr)
    return Error{ErrorCode::kUsage, "there is no preset \"" + options.preset + "\"", "--preset",
                 "quick, study or full"};
  CheckedPeers checked;
  KITE_TRY_ASSIGN(const std::vector<FoundPeer> all, find_peers(paths.peers_dir));
  KITE_TRY_ASSIGN(checked.peers, chosen_peers(options, *preset, all));
  KITE_TRY_ASSIGN(const std::vector<std::string> models, find_models(options, *preset, paths, watch));
  watch.progress("checking the contestants", 0, 0);
  checked.readiness = check_readiness(checked.peers, paths);
  // A first selection without any file, so that a wrong command line is refused before the slow steps.
  KITE_TRY_ASSIGN(const Selection first_look, select(options, *preset, checked, models.size(), 1));
  for (const std::string& sentence : same_programs(first_look.contestants)) watch.note(sentence);

  Job job;
  begin_plan(options, *preset, job.plan);
  job.profile = options.profile;
  job.keep = options.keep;
  job.memory = preset->memory;
  if (!options.budget_minutes) job.heat_seconds = preset->heat_seconds;
  KITE_TRY_ASSIGN(job.pictures, find_pictures(options, *preset, paths, job.plan.pictures_folder, watch));
  KITE_TRY_ASSIGN(job.folder, make_folder(options));
  job.work = job.folder + "/work";
  const std::vector<std::string> ids = model_ids(models);
  std::vector<ModelFiles> files;
  for (std::size_t i = 0; i < models.size(); ++i) {
    KITE_TRY_ASSIGN(ModelFiles made, write_model_files(models[i], job.work + "/" + ids[i],
                                                       needs_tensors(options, *preset), i > 0, job.pictures, watch));
    job.plan.models.push_back(made.record);
    job.tensors[ids[i]] = made.inputs;
    job.labels[ids[i]] = made.label_list;
    files.push_back(std::move(made));
  }
  KITE_TRY(write_picture_list(job.work + "/pictures.txt", job.pictures));
  job.plan.pictures = static_cast<std::int64_t>(job.pictures.size());
  job.plan.picture = picture_of_oneshot(job.pictures);

  KITE_TRY_ASSIGN(Selection selection, select(options, *preset, checked, models.size(), files[0].threads));
  job.plan.reference = selection.reference;
  for (Contestant& contestant : selection.contestants) {
    contestant.record.programs = programs_of(contestant.variant, own_values(contestant, paths));
    job.plan.contestants.push_back(contestant.record);
  }
  CellMaker maker(job, paths, files);
  for (const CellChoice& choice : selection.cells)
    KITE_TRY(maker.add(selection.contestants[choice.contestant], choice));
  job.plan.hash = hash_of(job);
  return job;
}

void remove_work(const Job& job) {
  if (job.keep || !exists(job.folder + kWorkMark)) return;
  remove_folder(job.work);
}

}  // namespace kite::race
