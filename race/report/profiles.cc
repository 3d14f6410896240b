// SPDX-License-Identifier: Apache-2.0
// Reads the files that the journal names, only below profiles/.
#include "race/report/profiles.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <optional>
#include <string_view>

#include "race/journal/profile_info.h"
#include "race/journal/words.h"
#include "race/report/document/profiles.h"
#include "race/report/render/html.h"
#include "race/report/render/svg_file.h"

namespace kite::race {
namespace {

constexpr std::uintmax_t kMostBytes = 64u << 20;

// Whether it is "profiles/NAME" of safe characters with that ending: a journal may come from an unknown source.
bool may_read(std::string_view name, std::string_view ending) {
  constexpr std::string_view kFolder = "profiles/";
  if (!name.starts_with(kFolder) || !name.ends_with(ending)) return false;
  name.remove_prefix(kFolder.size());
  return name.size() > ending.size() && name.front() != '.' &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
             std::string_view::npos;
}

std::optional<std::string> contents(const std::string& path) {
  std::error_code failed;
  const bool plain = std::filesystem::is_regular_file(path, failed);
  const std::uintmax_t size = plain ? std::filesystem::file_size(path, failed) : 0;
  if (!plain || failed || size > kMostBytes) return std::nullopt;
  std::FILE* file = std::fopen(path.c_str(), "rbe");
  if (file == nullptr) return std::nullopt;
  std::string text(size, '\0');
  text.resize(std::fread(text.data(), 1, size, file));
  std::fclose(file);
  return text;
}

// The text of the file that the record names under `key`. A file that must not or cannot be read is noted.
std::optional<std::string> file_of(const ProcessRecord& process, const char* key, std::string_view ending,
                                   const std::string& folder, ProfileFigures& profile, std::string& name) {
  const auto named = process.info.find(key);
  if (named == process.info.end()) return std::nullopt;
  auto text = may_read(named->second, ending) ? contents(folder + "/" + named->second) : std::nullopt;
  if (text) {
    name = named->second;
  } else {
    profile.missing += (profile.missing.empty() ? "" : ", ") + named->second;
  }
  return text;
}

ProfileFigures figures_of(const Journal& journal, std::size_t index, const std::string& folder) {
  constexpr std::string_view kStacks = ".folded", kMemory = ".memory.csv";
  const ProcessRecord& process = journal.processes[index];
  const CellRecord& cell = journal.plan.cells[static_cast<std::size_t>(process.cell)];
  const std::string who = fmt::format("{} on {}, {}", cell.contestant, cell.model, word_of(cell.mode));
  ProfileFigures profile;
  profile.process = index;
  if (const auto folded = file_of(process, kProfileStacks, kStacks, folder, profile, profile.stacks_file)) {
    StackProfile stacks = read_stacks(*folded);
    profile.samples = stacks.root.value;
    profile.functions = std::move(stacks.functions);
    profile.flame = flame_plot({{fmt::format("flame-{}", index), "Processor time by function.",
                                 fmt::format("{}: the width of a frame is its share of the samples; the functions that "
                                             "it calls are below it.",
                                             who)},
                                "samples",
                                std::move(stacks.root)});
    profile.svg_file = profile.stacks_file.substr(0, profile.stacks_file.size() - kStacks.size()) + ".svg";
  }
  if (const auto csv = file_of(process, kProfileMemory, kMemory, folder, profile, profile.memory_file)) {
    MemoryPoints points = read_memory(*csv);
    profile.memory = memory_plot({{fmt::format("memory-{}", index), "Memory over time.",
                                   fmt::format("{}: its own resident memory, and that of files that it maps.", who)},
                                  {{"its own", 0, std::move(points.anonymous)}, {"files", 1, std::move(points.file)}}});
  }
  return profile;
}

}  // namespace

ReportFiles profile_files(const Journal& journal, const std::string& folder) {
  ReportFiles files;
  std::vector<ProfileFigures> profiles;
  for (std::size_t i = 0; i < journal.processes.size(); ++i) {
    if (journal.processes[i].purpose != Purpose::kProfile) continue;
    profiles.push_back(figures_of(journal, i, folder));
    if (profiles.back().flame) files.emplace_back(profiles.back().svg_file, standalone_svg(*profiles.back().flame));
  }
  if (!profiles.empty()) files.emplace_back("profiles.html", html_page(profile_document(journal, profiles)));
  return files;
}

}  // namespace kite::race
