// SPDX-License-Identifier: Apache-2.0
// Computes the values of a graph on demand, each from those that were asked for before; or reads them from a recording.
#include "cli/verify/reference.h"

#include <algorithm>
#include <utility>

#include "cli/verify/difference.h"
#include "paperkite/try.h"

namespace kite::cli {

namespace {

class GraphReference : public Reference {
 public:
  GraphReference(const OracleGraph& graph, std::string title, const ValuePairs* pairs, std::vector<Tensor> inputs,
                 std::unique_ptr<PictureStages> stages)
      : graph_(graph), title_(std::move(title)), pairs_(pairs), stages_(std::move(stages)), kept_(std::move(inputs)) {
    for (std::size_t i = 0; i < kept_.size(); ++i) known_.emplace(graph.inputs()[i], kept_[i].view());
  }

  std::string title() const override { return title_; }
  Result<std::optional<Tensor>> stage(PictureStage stage) const override {
    return stages_ == nullptr ? std::nullopt : stage_of(*stages_, stage);
  }
  bool has(std::string_view name) const override {
    const ValueId id = find(name);
    return id != kNoValue && std::ranges::find(graph_.made(), id) != graph_.made().end();
  }
  Result<TensorView> value(const std::string& name) override {
    const ValueId id = find(name);
    KITE_TRY_ASSIGN(Tensor tensor, graph_.compute(known_, id));
    kept_.push_back(std::move(tensor));
    known_.insert_or_assign(id, kept_.back().view());
    return kept_.back().view();
  }
  bool is_own_graph() const override { return pairs_ == nullptr; }
  const OracleGraph* graph() const override { return pairs_ == nullptr ? nullptr : &graph_; }

 private:
  ValueId find(std::string_view name) const {
    return pairs_ == nullptr ? graph_.find(name).value_or(kNoValue) : pairs_->theirs(name);
  }

  const OracleGraph& graph_;
  std::string title_;
  const ValuePairs* pairs_;  // null: the engine's own graph
  std::unique_ptr<PictureStages> stages_;
  std::vector<Tensor> kept_;
  KnownValues known_;
};

class RecordingReference : public Reference {
 public:
  explicit RecordingReference(const Recording& recording) : recording_(recording) {}

  std::string title() const override {
    const std::string& program = recording_.about().program;
    return program.empty() ? recording_.path() : program + " (" + recording_.path() + ')';
  }
  Result<std::optional<Tensor>> stage(PictureStage stage) const override {
    if (recording_.find(stage_name(stage)) == nullptr) return std::optional<Tensor>();
    KITE_TRY_ASSIGN(Tensor tensor, stage == PictureStage::kNormalise ? recording_.read(stage_name(stage))
                                                                     : recording_.read_picture(stage));
    return std::optional(std::move(tensor));
  }
  bool has(std::string_view name) const override { return !find_stage(name) && recording_.find(name) != nullptr; }
  Result<TensorView> value(const std::string& name) override {
    KITE_TRY_ASSIGN(Tensor tensor, recording_.read(name));
    kept_.push_back(std::move(tensor));
    return kept_.back().view();
  }
  const Recording* recording() const override { return &recording_; }

 private:
  const Recording& recording_;
  std::vector<Tensor> kept_;
};

}  // namespace

std::unique_ptr<Reference> reference_of_graph(const OracleGraph& graph, std::string title, const ValuePairs* pairs,
                                              std::vector<Tensor> inputs, std::unique_ptr<PictureStages> stages) {
  return std::make_unique<GraphReference>(graph, std::move(title), pairs, std::move(inputs), std::move(stages));
}

std::unique_ptr<Reference> reference_of_recording(const Recording& recording) {
  return std::make_unique<RecordingReference>(recording);
}

Tensor tensor_of(const Image& image, bool grey) {
  const auto pixels = image.pixels();
  Tensor tensor(TensorType{DType::kUInt8, Shape{image.height(), image.width(), grey ? 1 : 3}});
  auto* const to = tensor.as<std::uint8_t>();
  if (!grey) {
    std::ranges::copy(pixels, to);
    return tensor;
  }
  for (std::size_t i = 0; i < pixels.size() / 3; ++i) to[i] = pixels[3 * i];
  return tensor;
}

Tensor with_shape(Tensor tensor, const Shape& shape) {
  if (tensor.shape() == shape || !same_but_for_ones(tensor.shape(), shape)) return tensor;
  TensorView view = tensor.view();
  view.type.shape = shape;
  return Tensor::copy_of(view);
}

std::optional<Tensor> stage_of(const PictureStages& stages, PictureStage stage, bool grey) {
  if (stage == PictureStage::kNormalise) return Tensor::copy_of(stages.tensor.view());
  const std::array<const Image*, 4> images = {&stages.decoded, &stages.oriented, &stages.resized, &stages.cropped};
  const Image& image = *images[static_cast<std::size_t>(stage)];
  if (image.width() == 0) return std::nullopt;
  return tensor_of(image, grey);
}

}  // namespace kite::cli
