// SPDX-License-Identifier: Apache-2.0
// The external-data files of a model, as a cached plan records them: the key of the .onnx file alone does
// not cover their bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "onnx/external_file.h"
#include "plan/source/cache.h"

namespace kite {

// The note of a plan that holds one "hash hash name" line for each file. Names are the locations
// that the model states: the same .onnx bytes may lie in two folders beside different weights.
inline constexpr std::string_view kExternalNote = "paperkite.plan.external-data";

// The text of that note.
[[nodiscard]] std::string externals_note(const onnx::FilesByLocation& files, int threads);

// True when every external file that the plan names now holds, for this model, the bytes that the plan was made from.
// Both functions open the files as the importer does, so that no cached plan is used with a file that it would refuse.
[[nodiscard]] bool externals_unchanged(const Plan& plan, const onnx::DataSearchPath& search_path, int threads);

// A key of the states of those files; nullopt where one is missing, or may still change without a change of its state.
[[nodiscard]] std::optional<PlanKey> externals_key(const Plan& plan, const onnx::DataSearchPath& search_path);

}  // namespace kite
