// SPDX-License-Identifier: Apache-2.0
// The graph of a model file, and its values in double precision: all from the inputs, or some from known others.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "graph/graph.h"
#include "graph/import.h"
#include "paperkite/error.h"
#include "paperkite/tensor.h"
#include "passes/pass.h"

namespace kite::cli {

// Values of a graph, by id; borrowed. Floating-point ones may have any floating-point type: OracleGraph::fits().
using KnownValues = std::unordered_map<ValueId, TensorView>;

// Ids are those of the file's import, so two OracleGraphs of one file agree on them. Immutable; move-only.
class OracleGraph {
 public:
  // `shapes`: of the inputs, by name. Errors name the file.
  [[nodiscard]] static Result<OracleGraph> open(const std::string& path, const InputShapes& shapes,
                                                const std::vector<std::string>& data_dirs, std::int64_t limit_bytes);

  // As the file states it: attributes, constants, names.
  [[nodiscard]] const Graph& stated() const noexcept { return stated_->graph; }
  // The name in the file; empty for a value that the file does not name.
  [[nodiscard]] std::string_view name(ValueId id) const;
  [[nodiscard]] std::optional<ValueId> find(std::string_view name) const;
  [[nodiscard]] const TensorType& type(ValueId id) const { return *wide_.value(id).type; }
  // Every input that the model takes, then every value that a node makes, in topological order.
  [[nodiscard]] const std::vector<ValueId>& inputs() const noexcept { return inputs_; }
  [[nodiscard]] const std::vector<ValueId>& made() const noexcept { return made_; }

  // kInvalidInput where a tensor of this type is no such value: another shape, or another kind of number.
  [[nodiscard]] Status fits(ValueId id, const TensorType& type) const;
  // The nodes that lie between known values and `target`, in order, in the ids of stated(). Empty where one of the
  // values that they need is an input that is not known.
  [[nodiscard]] std::vector<NodeId> between(const KnownValues& known, ValueId target) const;
  // The value, from the nearest known values before it. A known value of its own is not used.
  [[nodiscard]] Result<Tensor> compute(const KnownValues& known, ValueId target) const;

 private:
  OracleGraph() = default;
  Result<std::vector<NodeId>> needed(const KnownValues& known, ValueId target) const;
  std::unique_ptr<const ImportedModel> stated_;
  Graph wide_;  // the same with float64 for every floating-point type, typed
  std::string path_;
  std::int64_t limit_bytes_ = 0;
  std::map<std::string, ValueId, std::less<>> by_name_;
  std::vector<ValueId> inputs_;
  std::vector<ValueId> made_;
  std::vector<std::int64_t> position_;  // by node of wide_; -1 for a removed one
};

}  // namespace kite::cli
