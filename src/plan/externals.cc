// SPDX-License-Identifier: Apache-2.0
// Writes, reads and checks the note of external-data files.
#include "plan/externals.h"

#include <cstddef>
#include <vector>

#include "base/file_state.h"

namespace kite {

namespace {

std::string external_line(const MappedFile& file, const std::string& folder, int threads) {
  const std::span<const std::byte> bytes = file.bytes();
  const PlanKey hash = plan_key({&bytes, 1}, Isa::kGeneric, {}, threads);
  const std::string name = file.path().starts_with(folder) ? file.path().substr(folder.size()) : file.path();
  return std::to_string(hash[0]) + ' ' + std::to_string(hash[1]) + ' ' + name + '\n';
}

// Calls `visit(line, path)` for each file that the plan names; false as soon as that is.
template <typename Visit>
bool for_each_external(const Plan& plan, const std::string& folder, Visit visit) {
  std::string_view lines = plan.note(kExternalNote);
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n') + 1);
    const std::size_t name = line.find(' ', line.find(' ') + 1);
    if (line.empty() || name == std::string_view::npos) return false;
    if (!visit(line, folder + std::string(line.substr(name + 1, line.size() - name - 2)))) return false;
    lines.remove_prefix(line.size());
  }
  return true;
}

}  // namespace

std::string externals_note(std::span<const std::shared_ptr<const MappedFile>> files, const std::string& folder,
                           int threads) {
  std::string lines;
  for (const auto& file : files) lines += external_line(*file, folder, threads);
  return lines;
}

bool externals_unchanged(const Plan& plan, const std::string& folder, int threads) {
  return for_each_external(plan, folder, [&](std::string_view line, const std::string& path) {
    auto file = MappedFile::open(path);
    return file.ok() && external_line(*file, folder, threads) == line;
  });
}

std::optional<PlanKey> externals_key(const Plan& plan, const std::string& folder) {
  std::vector<FileState> states;
  const bool settled = for_each_external(plan, folder, [&](std::string_view, const std::string& path) {
    const auto state = file_state(path);
    if (state) states.push_back(*state);
    return state && is_settled(*state);
  });
  if (!settled) return std::nullopt;
  const std::span<const std::byte> bytes = std::as_bytes(std::span(states));
  return plan_key({&bytes, 1}, Isa::kGeneric, {});
}

}  // namespace kite
