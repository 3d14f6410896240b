// SPDX-License-Identifier: Apache-2.0
// Writes, reads and checks the note of external-data files.
#include "plan/source/externals.h"

#include <cstddef>
#include <span>
#include <vector>

#include "base/file_state.h"

namespace kite {

namespace {

std::string external_line(const MappedFile& file, std::string_view location, int threads) {
  const std::span<const std::byte> bytes = file.bytes();
  const PlanKey hash = plan_key({&bytes, 1}, "", {}, threads);
  return std::to_string(hash[0]) + ' ' + std::to_string(hash[1]) + ' ' + std::string(location) + '\n';
}

// Calls `visit(line, location)` for each file that the plan names; stops and returns false when a call returns false.
template <typename Visit>
bool for_each_external(const Plan& plan, Visit visit) {
  std::string_view lines = plan.note(kExternalNote);
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n') + 1);
    const std::size_t name = line.find(' ', line.find(' ') + 1);
    if (line.empty() || name == std::string_view::npos) return false;
    if (!visit(line, line.substr(name + 1, line.size() - name - 2))) return false;
    lines.remove_prefix(line.size());
  }
  return true;
}

}  // namespace

std::string externals_note(const onnx::FilesByLocation& files, int threads) {
  std::string lines;
  for (const auto& [location, file] : files) lines += external_line(*file, location, threads);
  return lines;
}

bool externals_unchanged(const Plan& plan, const onnx::DataSearchPath& search_path, int threads) {
  return for_each_external(plan, [&](std::string_view line, std::string_view location) {
    const auto file = onnx::open_external(search_path, location);
    return file.ok() && external_line(*file, location, threads) == line;
  });
}

std::optional<PlanKey> externals_key(const Plan& plan, const onnx::DataSearchPath& search_path) {
  std::vector<FileState> states;
  onnx::DataSearchPath unread = search_path;
  unread.access = FileAccess::kMapped;  // no byte of them is looked at
  const bool settled = for_each_external(plan, [&](std::string_view, std::string_view location) {
    const auto file = onnx::open_external(unread, location);
    if (file.ok()) states.push_back(file->state());
    return file.ok() && is_settled(file->state());
  });
  if (!settled) return std::nullopt;
  const std::span<const std::byte> bytes = std::as_bytes(std::span(states));
  return plan_key({&bytes, 1}, "", {});
}

}  // namespace kite
