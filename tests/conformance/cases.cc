// SPDX-License-Identifier: Apache-2.0
// Finds cases and reads their models' operator names and their tensors.
#include "conformance/cases.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/json.h"
#include "base/mapped_file.h"
#include "onnx/external_data.h"
#include "onnx/parse.h"
#include "onnx/tensor_data.h"
#include "paperkite/try.h"

namespace kite::conformance {
namespace {

namespace fs = std::filesystem;

Status read_operators(Case& entry) {
  const std::string path = entry.folder + "/model.onnx";
  KITE_TRY_ASSIGN(const MappedFile file, MappedFile::open(path));
  KITE_TRY_ASSIGN(const onnx::Model model, onnx::parse_model(file.bytes(), path));
  std::set<std::string> names;
  for (const onnx::Node& node : model.graph.nodes) {
    const bool is_default = node.domain.empty() || node.domain == "ai.onnx";
    names.insert((is_default ? "" : std::string(node.domain) + ".") + std::string(node.op_type));
  }
  entry.operators.assign(names.begin(), names.end());
  return {};
}

// Older data files hold bfloat16 as uint16.
Tensor as_stated(const TensorView& view, std::int32_t element_type) {
  const bool are_bits = element_type == onnx::kBfloat16 && view.type.dtype == DType::kUInt16;
  return Tensor::copy_of({{are_bits ? DType::kBFloat16 : view.type.dtype, view.type.shape}, view.data});
}

Result<Tensor> read_tensor_file(const std::string& path, const onnx::ValueInfo& stated) {
  KITE_TRY_ASSIGN(const MappedFile file, MappedFile::open(path));
  KITE_TRY_ASSIGN(const onnx::TensorProto proto, onnx::parse_tensor(file.bytes(), path));
  onnx::ExternalFiles no_files;
  auto data = onnx::read_tensor(proto, no_files);
  if (!data.ok()) return std::move(data).error().in(path);
  return as_stated(data->view, stated.element_type);
}

Result<std::vector<Tensor>> read_numbered(const std::string& prefix, const std::vector<onnx::ValueInfo>& stated) {
  std::vector<Tensor> tensors;
  for (std::size_t i = 0; i < stated.size() && fs::exists(prefix + std::to_string(i) + ".pb"); ++i) {
    if (!stated[i].is_tensor) {
      return Error{ErrorCode::kUnsupportedModel,
                   "a sequence, map or optional is fed or expected",
                   "value \"" + std::string(stated[i].name) + "\"",
                   {}};
    }
    KITE_TRY_ASSIGN(Tensor tensor, read_tensor_file(prefix + std::to_string(i) + ".pb", stated[i]));
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

}  // namespace

Result<std::vector<Case>> find_cases(const std::string& root, const std::string& label) {
  std::vector<Case> cases;
  std::error_code failure;
  for (const auto& entry : fs::recursive_directory_iterator(root, failure)) {
    if (entry.path().filename() != "model.onnx") continue;
    const fs::path folder = entry.path().parent_path();
    Case found;
    found.name = label + '/' + fs::relative(folder, root).string();
    found.folder = folder.string();
    KITE_TRY(read_operators(found));
    cases.push_back(std::move(found));
  }
  if (failure || cases.empty()) {
    return Error{ErrorCode::kIo, "no ONNX node cases found", root, "install libonnx-testdata; run old_cases.py"};
  }
  std::ranges::sort(cases, {}, &Case::name);
  return cases;
}

Result<std::vector<Case>> read_case_list(const std::string& folder) {
  std::ifstream file(folder + "/cases.json");
  const auto listing = nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
  if (!listing.is_object() || !listing.contains("cases") || listing["cases"].empty()) {
    return Error{ErrorCode::kIo, "no list of generated cases", folder + "/cases.json",
                 "run tests/conformance/generate_cases.py in the tests' virtual environment"};
  }
  std::vector<Case> cases;
  for (const auto& item : listing["cases"]) {
    const auto name = item.value("name", std::string());
    Case entry{"onnx/" + name, folder + "/" + name, item.value("rtol", 0.0), item.value("atol", 0.0), {}};
    KITE_TRY(read_operators(entry));
    cases.push_back(std::move(entry));
  }
  return cases;
}

Result<std::vector<DataSet>> load_data_sets(const Case& entry) {
  const std::string path = entry.folder + "/model.onnx";
  KITE_TRY_ASSIGN(const MappedFile file, MappedFile::open(path));
  KITE_TRY_ASSIGN(const onnx::Model model, onnx::parse_model(file.bytes(), path));
  // Initializers that are listed as inputs are not fed.
  std::vector<onnx::ValueInfo> fed = model.graph.inputs;
  std::erase_if(fed, [&](const onnx::ValueInfo& input) {
    return std::ranges::any_of(model.graph.initializers, [&](const auto& known) { return known.name == input.name; });
  });
  std::vector<DataSet> sets;
  for (int i = 0; fs::exists(entry.folder + "/test_data_set_" + std::to_string(i)); ++i) {
    const std::string base = entry.folder + "/test_data_set_" + std::to_string(i);
    DataSet set;
    KITE_TRY_ASSIGN(set.inputs, read_numbered(base + "/input_", fed));
    KITE_TRY_ASSIGN(set.outputs, read_numbered(base + "/output_", model.graph.outputs));
    if (set.outputs.empty()) return Error{ErrorCode::kIo, "no expected outputs", base, {}};
    sets.push_back(std::move(set));
  }
  if (sets.empty()) return Error{ErrorCode::kIo, "no test_data_set_0", entry.folder, {}};
  return sets;
}

}  // namespace kite::conformance
