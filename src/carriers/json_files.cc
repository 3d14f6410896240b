// SPDX-License-Identifier: Apache-2.0
// Finds documents by their absolute path, so that two spellings of one path give the same document.
#include "carriers/json_files.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "carriers/text_file.h"
#include "paperkite/try.h"

namespace kite {
namespace {

Result<Json> document_in(const std::string& path, std::int64_t classes, const Limits& limits) {
  KITE_TRY_ASSIGN(const std::string text, read_text_file(path, limits));
  return parse_json(text, json_value_limit(classes));
}

}  // namespace

const Result<Json>& JsonFiles::read(const std::string& path, std::int64_t classes) {
  std::error_code ignored;
  std::string key = std::filesystem::absolute(path, ignored).lexically_normal().string();
  const auto found = read_.find(key);
  if (found != read_.end()) return found->second;
  return read_.emplace(std::move(key), document_in(path, classes, limits_)).first->second;
}

}  // namespace kite
