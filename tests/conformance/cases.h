// SPDX-License-Identifier: Apache-2.0
// The node cases on disk: CASE/model.onnx with CASE/test_data_set_N/{input,output}_M.pb, as the onnx package lays
// them out.
#pragma once

#include <string>
#include <vector>

#include "paperkite/error.h"
#include "paperkite/tensor.h"

namespace kite::conformance {

struct Case {
  std::string name;  // "debian/node/test_relu", "onnx/opset18/test_relu"
  std::string folder;
  double rtol = 1e-3;  // the ONNX backend runner's own defaults
  double atol = 1e-7;
  std::vector<std::string> operators;  // "Relu", or "domain.Name" outside the default domain; each once
};

struct DataSet {
  std::vector<Tensor> inputs;   // in the order of the graph's inputs
  std::vector<Tensor> outputs;  // expected
};

// Every case below `root`, at any depth, sorted by name: the path below `root` after `label`.
[[nodiscard]] Result<std::vector<Case>> find_cases(const std::string& root, const std::string& label);

// The cases that generate_cases.py wrote: its cases.json lists them with their tolerances.
[[nodiscard]] Result<std::vector<Case>> read_case_list(const std::string& folder);

// kUnsupportedModel for elements that paperkite cannot hold (strings ...) and for sequences and optionals.
[[nodiscard]] Result<std::vector<DataSet>> load_data_sets(const Case& entry);

}  // namespace kite::conformance
