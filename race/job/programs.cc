// SPDX-License-Identifier: Apache-2.0
// The whole file is hashed: two builds may have the same size and the same version.
#include "race/job/programs.h"

#include <fmt/format.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <new>
#include <optional>

namespace kite::race {

namespace {

namespace fs = std::filesystem;

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

// "" if a shell would not find it either.
std::string found_in_path(const std::string& program) {
  if (program.find('/') != std::string::npos) return program;
  const char* variable = std::getenv("PATH");
  std::string_view folders = variable == nullptr ? "" : variable;
  while (!folders.empty()) {
    const std::size_t end = folders.find(':');
    const std::string candidate = std::string(folders.substr(0, end)) + "/" + program;
    if (is_file(candidate) && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    folders.remove_prefix(end == std::string_view::npos ? folders.size() : end + 1);
  }
  return {};
}

std::optional<ProgramRecord> read_program(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"), &std::fclose);
  if (!file) return std::nullopt;
  const std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state(XXH3_createState(), &XXH3_freeState);
  if (state == nullptr) throw std::bad_alloc();
  XXH3_64bits_reset(state.get());
  ProgramRecord program;
  std::error_code ignored;
  program.path = fs::absolute(path, ignored).lexically_normal();
  std::vector<char> piece(std::size_t{1} << 20);
  for (std::size_t n = 0; (n = std::fread(piece.data(), 1, piece.size(), file.get())) > 0;) {
    XXH3_64bits_update(state.get(), piece.data(), n);
    program.bytes += n;
  }
  if (std::ferror(file.get()) != 0) return std::nullopt;
  program.xxh3 = fmt::format("{:016x}", XXH3_64bits_digest(state.get()));
  return program;
}

constexpr std::array kModes = {Mode::kOneshot, Mode::kNoPre, Mode::kIncPre};

// The files that make up the program, by the index of their word: the first word, and the file that an interpreter
// runs. A file after an option (--log FILE) belongs to what the program does, and may change while the race runs.
std::map<std::size_t, std::string> files_of(const CommandTemplate& words, const Values& values) {
  std::map<std::size_t, std::string> files;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string filled = expand(words[i], values);
    if (!placeholders_of(filled).empty()) continue;
    if (i > 0 && words[i - 1].starts_with("--")) continue;
    const std::string path = i == 0 ? found_in_path(filled) : filled;
    if (path.empty() || !is_file(path)) continue;
    files[i] = path;
    if (i > 0) break;
  }
  return files;
}

// A command line in which the hash of each file replaces its name.
std::string meaning_of(const Contestant& contestant) {
  std::string text;
  for (const Mode mode : kModes) {
    const CommandTemplate& words = contestant.variant.command(mode);
    const auto files = files_of(words, {});
    for (std::size_t i = 0; i < words.size(); ++i) {
      const auto file = files.find(i);
      const auto program = file == files.end() ? std::nullopt : read_program(file->second);
      text += program ? program->xxh3 : words[i];
      text += '\0';
    }
    text += '\n';
  }
  return text;
}

}  // namespace

std::vector<ProgramRecord> programs_of(const Variant& variant, const Values& values) {
  std::vector<ProgramRecord> programs;
  std::vector<std::string> seen;
  for (const Mode mode : kModes) {
    for (const auto& [index, path] : files_of(variant.command(mode), values)) {
      if (std::find(seen.begin(), seen.end(), path) != seen.end()) continue;
      seen.push_back(path);
      if (auto program = read_program(path)) programs.push_back(std::move(*program));
    }
  }
  return programs;
}

std::vector<std::string> same_programs(std::span<const Contestant> contestants) {
  std::vector<std::string> sentences;
  std::map<std::string, std::string> seen;
  for (const Contestant& contestant : contestants) {
    if (!contestant.record.peer.empty() || contestant.record.control || !contestant.record.ready) continue;
    const auto [same, fresh] = seen.try_emplace(meaning_of(contestant), contestant.record.id);
    if (fresh) continue;
    sentences.push_back(fmt::format("\"{}\" and \"{}\" are the same program: their command lines and files are equal",
                                    same->second, contestant.record.id));
  }
  return sentences;
}

}  // namespace kite::race
