// SPDX-License-Identifier: Apache-2.0
// The JSON files that lie beside a model. Each is read and parsed once, also when several readers ask for it.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/limits.h"
#include "carriers/json_document.h"
#include "paperkite/error.h"

namespace kite {

class JsonFiles {
 public:
  explicit JsonFiles(const Limits& limits = {}) : limits_(limits) {}

  // `classes` limits the document, see json_value_limit(). The reference is valid as long as this object exists.
  [[nodiscard]] const Result<Json>& read(const std::string& path, std::int64_t classes);

 private:
  Limits limits_;
  std::map<std::string, Result<Json>> read_;  // by the path from the root
};

}  // namespace kite
