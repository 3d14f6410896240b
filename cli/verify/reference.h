// SPDX-License-Identifier: Apache-2.0
// What the engine is compared with: a graph in double precision, or what another program recorded.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/verify/oracle_graph.h"
#include "cli/verify/recording.h"
#include "cli/verify/value_pairs.h"
#include "image/stages.h"
#include "paperkite/error.h"
#include "paperkite/tensor.h"

namespace kite::cli {

class Reference {
 public:
  Reference() = default;
  Reference(const Reference&) = delete;
  Reference& operator=(const Reference&) = delete;
  virtual ~Reference() = default;
  // One line for people: "torchvision 0.20 (out.npz)".
  [[nodiscard]] virtual std::string title() const = 0;
  // What it has of a picture stage; nullopt where it has nothing.
  [[nodiscard]] virtual Result<std::optional<Tensor>> stage(PictureStage stage) const = 0;
  // Whether it has the value that the engine's graph gives this name. value() is asked in the order of the graph.
  [[nodiscard]] virtual bool has(std::string_view name) const = 0;
  // Borrowed for as long as the reference lives.
  [[nodiscard]] virtual Result<TensorView> value(const std::string& name) = 0;
  // Whether its values are the engine's graph in another precision: then no step of the reference can be wrong.
  [[nodiscard]] virtual bool is_own_graph() const { return false; }
  // The graph of a second model; null without one.
  [[nodiscard]] virtual const OracleGraph* graph() const { return nullptr; }
  [[nodiscard]] virtual const Recording* recording() const { return nullptr; }
};

// `pairs`: which values of a second graph stand for those of the engine's; null where `graph` is that of the engine.
// See Reference::is_own_graph(). `inputs`: values of all of the graph's inputs, in their order. `stages`: of the
// picture, with the recipe of that model; may be null. `graph` and `pairs` must outlive the reference.
[[nodiscard]] std::unique_ptr<Reference> reference_of_graph(const OracleGraph& graph, std::string title,
                                                            const ValuePairs* pairs, std::vector<Tensor> inputs,
                                                            std::unique_ptr<PictureStages> stages);
// `recording` must outlive the reference.
[[nodiscard]] std::unique_ptr<Reference> reference_of_recording(const Recording& recording);

// A picture as [H,W,3], or [H,W,1] where its three channels are equal and `grey`.
[[nodiscard]] Tensor tensor_of(const Image& image, bool grey = false);
// `tensor` in this shape where the two differ by dimensions of 1 alone; else unchanged.
[[nodiscard]] Tensor with_shape(Tensor tensor, const Shape& shape);
// The stage as a tensor; nullopt where `stages` does not have it.
[[nodiscard]] std::optional<Tensor> stage_of(const PictureStages& stages, PictureStage stage, bool grey = false);

}  // namespace kite::cli
