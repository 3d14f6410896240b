// SPDX-License-Identifier: Apache-2.0
// A library is a folder with reference.json; its environment is made by the setup beside it, as a contestant's is.
#include "cli/verify/reference_program.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <system_error>
#include <utility>

#include "base/folder_reader.h"
#include "base/installation.h"
#include "base/json.h"
#include "base/subprocess.h"
#include "base/temporary_folder.h"
#include "paperkite/try.h"

namespace kite::cli {

namespace {

namespace fs = std::filesystem;

constexpr double kNoTimeout_s = 30.0 * 24 * 3600;  // a download or a large model takes as long as it takes
constexpr std::string_view kCard = "reference.json";

// What reference.json of a library states.
struct Card {
  std::string title;
  std::string environment;  // its requirements are environments/<environment>.txt
  std::string size;         // on disk, for people
};

std::vector<std::string> libraries_in(const std::string& folder) {
  std::vector<std::string> names;
  for (FolderReader reader(folder); reader.next();) {
    std::error_code ignored;
    if (fs::exists(fs::path(reader.path()) / kCard, ignored)) names.push_back(reader.name());
  }
  std::ranges::sort(names);
  return names;
}

Result<Card> read_card(const std::string& folder, const std::string& library) {
  const std::vector<std::string> known = libraries_in(folder);
  if (std::ranges::find(known, library) == known.end()) {
    return Error{ErrorCode::kUsage, fmt::format("there is no reference \"{}\"", library), folder,
                 known.empty() ? "name the folder of references with --references-dir or KITE_REFERENCES_DIR"
                               : fmt::format("use one of {}", fmt::join(known, ", "))};
  }
  const std::string path = fmt::format("{}/{}/{}", folder, library, kCard);
  std::ifstream file(path);
  const nlohmann::json card = nlohmann::json::parse(file, nullptr, false);
  const auto text = [&](const char* key) {
    const auto found = card.is_object() ? card.find(key) : card.end();
    return found != card.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  Card read{text("title"), text("environment"), text("size")};
  if (read.title.empty() || read.environment.empty() || read.environment.find('/') != std::string::npos) {
    return Error{ErrorCode::kUsage, "it does not state \"title\" and \"environment\"", path, "see README.md there"};
  }
  return read;
}

SubprocessOptions options_of(const ReferenceWatch& watch) {
  SubprocessOptions options;
  options.timeout_s = kNoTimeout_s;
  options.stop = watch.stop;
  options.on_tick = watch.on_tick;
  return options;
}

Error interrupted(const std::string& what) { return {ErrorCode::kInterrupted, "interrupted", what, {}}; }

// The setup is quick and silent where the environment exists; a line "setup: making ..." begins the long case.
Status make_environment(const std::string& folder, const Card& card, const std::string& home,
                        const ReferenceWatch& watch) {
  const std::string requirements = fmt::format("{}/environments/{}.txt", folder, card.environment);
  const std::vector<std::string> command = {folder + "/setup", home, requirements};
  bool is_making = false, is_warned = false;
  SubprocessOptions options = options_of(watch);
  options.on_line = [&](std::string_view line) {
    if (!watch.on_line) return;
    if (!is_making && line.starts_with("setup: making")) {
      is_making = true;
      watch.on_line(fmt::format("making the Python environment of {} in {}, once ({})", card.title, home, card.size));
    } else if (is_making && (line.starts_with("ERROR") || line.starts_with("WARNING: Retrying"))) {
      // pip's own words, to which the setup's last line refers. It warns at each of its attempts alike.
      if (line.starts_with("ERROR") || !std::exchange(is_warned, true)) watch.on_line(fmt::format("setup: {}", line));
    } else if (is_making) {
      watch.on_line(line);
    }
  };
  KITE_TRY_ASSIGN(const SubprocessResult result, run_subprocess(command, options));
  if (result.stopped) return interrupted(home);
  if (result.ok()) return {};
  return Error{ErrorCode::kIo,
               fmt::format("the Python environment of {} cannot be made: {}", card.title, result.last_line()), home,
               fmt::format("when that is repaired, run again, or make it alone: {}", fmt::join(command, " "))};
}

std::string absolute(const std::string& path) {
  std::error_code failed;
  const fs::path whole = fs::absolute(path, failed);
  return failed ? path : whole.string();
}

std::string_view pixels_name(PixelMode pixels) {
  switch (pixels) {
    case PixelMode::kRgb: return "rgb";
    case PixelMode::kGrey: return "grey";
    case PixelMode::kRgba: return "rgba";
  }
  return "";
}

// The file of README.md there. Bytes of paths that are not UTF-8 cannot be in JSON.
Result<std::string> request_text(const RecordingRequest& request, const std::string& recording) {
  nlohmann::json data_dirs = nlohmann::json::array();
  for (const std::string& folder : request.data_dirs) data_dirs.push_back(absolute(folder));
  const nlohmann::json json = {
      {"model", absolute(request.model)},
      {"picture", absolute(request.picture)},
      {"recipe", nlohmann::json::parse(request.recipe, nullptr, false)},
      {"input",
       {{"name", request.input},
        {"type", dtype_name(request.form.dtype)},
        {"axes", request.form.axes},
        {"pixels", pixels_name(request.form.pixels)},
        {"batch", request.batch}}},
      {"data_dirs", data_dirs},
      {"values", request.values},
      {"recording", absolute(recording)},
  };
  std::string text = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  const nlohmann::json back = nlohmann::json::parse(text);
  for (const char* key : {"model", "picture", "recording"}) {
    if (back[key] == json[key]) continue;
    return Error{ErrorCode::kUsage, "the path is not UTF-8", json[key].get<std::string>(),
                 "rename the file or its folder"};
  }
  return text;
}

}  // namespace

Result<ReferenceProgram> ReferenceProgram::open(const std::string& library, const std::string& folder,
                                                const ReferenceWatch& watch) {
  KITE_TRY_ASSIGN(const std::string executable, own_executable());
  KITE_TRY_ASSIGN(const ForeignPrograms programs,
                  find_foreign_programs(find_installation(executable), "references", folder, "--references-dir",
                                        "KITE_REFERENCES_DIR"));
  KITE_TRY_ASSIGN(const Card card, read_card(programs.folder, library));
  const std::string home = programs.homes + "/" + card.environment;
  KITE_TRY(make_environment(programs.folder, card, home, watch));
  ReferenceProgram program;
  program.library_ = library;
  program.title_ = card.title;
  program.python_ = home + "/venv/bin/python";
  program.script_ = fmt::format("{}/{}/record.py", programs.folder, library);
  return program;
}

Status ReferenceProgram::record(const RecordingRequest& request, const std::string& recording,
                                const ReferenceWatch& watch) const {
  KITE_TRY_ASSIGN(const TemporaryFolder folder, TemporaryFolder::create());
  KITE_TRY_ASSIGN(const std::string text, request_text(request, recording));
  const std::string path = folder.path() + "/request.json";
  std::ofstream file(path, std::ios::binary);
  file << text << std::flush;
  if (!file) return Error{ErrorCode::kIo, "cannot write", path, "check the free space"};
  SubprocessOptions options = options_of(watch);
  options.on_line = [&](std::string_view line) {
    if (watch.on_line && line.starts_with("values ")) watch.on_line(line);
  };
  // -I: neither the user's PYTHONPATH nor a module beside the script takes the place of the environment's packages.
  KITE_TRY_ASSIGN(const SubprocessResult result, run_subprocess({python_, "-I", script_, path}, options));
  if (result.ok()) return {};
  std::error_code ignored;
  fs::remove(recording, ignored);
  if (result.stopped) return interrupted(request.picture);
  const bool was_killed = result.exit_code == 128 + 9;  // by the kernel, when memory runs out
  return Error{was_killed ? ErrorCode::kLimit : ErrorCode::kInvalidInput,
               was_killed ? library_ + " was killed, as the system does when memory runs out"
                          : fmt::format("{} made no recording: {}", library_, result.last_line()),
               request.picture, was_killed ? "use a smaller model, or a machine with more memory" : ""};
}

}  // namespace kite::cli
