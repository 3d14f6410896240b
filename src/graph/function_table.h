// SPDX-License-Identifier: Apache-2.0
// The operators that a model defines itself, and what it costs to put one in the place of a call.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <tuple>
#include <unordered_map>

#include "base/budget.h"
#include "onnx/model.h"
#include "paperkite/error.h"

namespace kite {

// The versions of operator domains, by normal_domain().
using Opsets = std::unordered_map<std::string_view, std::int64_t>;

// Reads the opsets that a model or a function imports. kInvalidModel where one domain is imported in two versions, or
// where it is the internal one.
[[nodiscard]] Result<Opsets> read_opsets(const std::vector<onnx::OpsetImport>& imports);

// kUnsupportedModel where the version of the standard operators lies outside those that are read.
[[nodiscard]] Status check_opset(std::int64_t version);

class FunctionTable {
 public:
  // kInvalidModel where two functions have one domain, name and overload.
  [[nodiscard]] Status read(const onnx::Model& model);

  // The function that this node calls; null where it is an operator. A function of the model comes before an operator
  // of the same name, as it says what the model's author means.
  [[nodiscard]] const onnx::Function* find(const onnx::Node& node) const;

  // The function's own opsets, and those of the model for domains that it does not import. Read at its first call.
  [[nodiscard]] Result<const Opsets*> opsets_of(const onnx::Function& function, const Opsets& of_model);

  // kLimit where a call from the model's own graph, with the calls within it, has more nodes than the budget: a few
  // kilobytes of functions that call each other twice would take seconds until the budget is spent. `deepest`: so deep
  // may calls lie in calls; where they lie deeper, nothing is said here.
  [[nodiscard]] Status check_call(const onnx::Function& function, int deepest, const Budget& budget);

  // Takes one more copy of the function's records from the budget: calls within calls multiply.
  [[nodiscard]] Status charge_call(const onnx::Function& function, Budget& budget);

 private:
  struct Cost {
    std::int64_t nodes = 1;
    std::int64_t names = 0;
    std::int64_t attributes = 0;
    std::int64_t elements = 0;
    std::int64_t initializers = 0;
  };
  [[nodiscard]] static Cost cost_of(const onnx::Function& function);
  [[nodiscard]] std::int64_t whole_nodes_of(const onnx::Function& function, int left, bool& is_too_deep);

  using Key = std::tuple<std::string_view, std::string_view, std::string_view>;
  std::map<Key, const onnx::Function*> functions_;
  std::unordered_map<const onnx::Function*, Opsets> opsets_;
  std::unordered_map<const onnx::Function*, Cost> costs_;
  std::unordered_map<const onnx::Function*, std::int64_t> whole_nodes_;  // with the calls within; 0 while it is counted
};

}  // namespace kite
