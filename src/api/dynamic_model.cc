// SPDX-License-Identifier: Apache-2.0
// What the model states is read once; each set of shapes makes a plan, from the cache or with the first one's weights.
#include "api/dynamic_model.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "api/internals.h"
#include "api/load.h"
#include "base/printable.h"
#include "carriers/find_model.h"
#include "graph/import.h"
#include "paperkite/try.h"
#include "passes/check_operators.h"
#include "plan/source/about.h"

namespace kite {

namespace {

std::string stated_text(const Port& port) {
  std::string text = "[";
  for (const Dimension& dim : port.dims) {
    if (text.size() > 1) text += ',';
    text += dim.size ? std::to_string(*dim.size) : dim.symbol.empty() ? "?" : std::string(dim.symbol);
  }
  return text + ']';
}

// The shape is an example: 1 for each open dimension.
Result<Port> port_of(std::string_view name, DType dtype, std::span<const InputDim> dims,
                     std::deque<std::string>& texts) {
  Port port{texts.emplace_back(name), {dtype, {}}};
  std::vector<std::int64_t> sizes;
  for (const InputDim& dim : dims) {
    port.dims.push_back({dim.size, texts.emplace_back(dim.symbol)});
    sizes.push_back(dim.size.value_or(1));
  }
  KITE_TRY_ASSIGN(port.type.shape, Shape::make(sizes));
  return port;
}

bool states_shapes(const ModelOptions& options) {
  return !options.input_shapes.empty() || options.meaning.size || options.meaning.batch > 0;
}

Error mismatch(const Port& port, const TensorView& found, std::string why) {
  return {ErrorCode::kInvalidInput,
          "the model states " + std::string(dtype_name(port.type.dtype)) + stated_text(port) + ", found " +
              std::string(dtype_name(found.type.dtype)) + found.type.shape.to_string() + std::move(why),
          "input " + in_quotes(port.name),
          {}};
}

}  // namespace

int useful_threads(const Model& model) {
  // To wake a second thread takes longer than a run of so little: 2 us on one thread became 140 on two.
  constexpr std::uint64_t kFewMacs = 1'000'000;
  constexpr std::uint64_t kFewBytes = 1'000'000;
  std::uint64_t bytes = 0;
  for (const ModelStep& step : model.steps()) bytes += step.bytes;
  if (model.macs() < kFewMacs && bytes < kFewBytes) return 1;
  std::uint32_t most = 1;
  for (const PlanStep& step : Internals::plan(model)->steps()) most = std::max(most, step.record->max_shares);
  return static_cast<int>(std::min<std::uint32_t>(most, 1U << 16));
}

Result<DynamicModel> DynamicModel::open(const std::string& path, const ModelOptions& options) {
  KITE_TRY_ASSIGN(FoundModel found, find_model(path));
  DynamicModel model(options);
  model.path_ = found.path;
  model.unpacked_ = std::move(found.unpacked);
  model.state_ = file_state(model.path_);
  KITE_TRY(model.open_file({model.path_, {}}));
  return model;
}

Result<DynamicModel> DynamicModel::open(std::span<const std::byte> bytes, const ModelOptions& options) {
  DynamicModel model(options);
  KITE_TRY(model.open_file({{}, bytes}));
  const auto is_open = [](const Port& port) {
    return std::ranges::any_of(port.dims, [](const Dimension& dim) { return !dim.size; });
  };
  if (std::ranges::any_of(model.inputs_, is_open) && !is_plan(bytes)) {
    model.bytes_ = std::make_shared<const std::vector<std::byte>>(bytes.begin(), bytes.end());
  }
  return model;
}

ModelFile DynamicModel::file() const {
  return {path_, bytes_ == nullptr ? std::span<const std::byte>() : std::span<const std::byte>(*bytes_)};
}

Status DynamicModel::open_file(const ModelFile& file) {
  bool leaves_open = false;
  auto opened = Internals::open(file, options_, nullptr, states_shapes(options_) ? nullptr : &leaves_open);
  if (leaves_open) return read_statement(file);
  KITE_TRY_ASSIGN(Model model, std::move(opened));
  first_ = std::make_shared<const Model>(std::move(model));
  inputs_.assign(first_->inputs().begin(), first_->inputs().end());
  outputs_.assign(first_->outputs().begin(), first_->outputs().end());
  metadata_ = first_->metadata();
  const Plan& plan = *Internals::plan(*first_);
  about_ = about_of([&](std::string_view key) { return plan.note(key); });
  for (const DefaultInput& input : defaults_of(plan.note(kDefaultsNote))) {
    std::vector<InputDim> dims;
    for (const std::int64_t dim : input.type.shape.dims()) dims.push_back({dim, {}});
    KITE_TRY_ASSIGN(Port port, port_of(input.name, input.type.dtype, dims, *texts_));
    inputs_with_default_.push_back(std::move(port));
  }
  warnings_ = first_->warnings();
  return {};
}

Status DynamicModel::read_statement(const ModelFile& file) {
  KITE_TRY_ASSIGN(ImportedModel imported, import_stated(file, options_));
  Graph& graph = imported.graph;
  warnings_ = std::move(imported.warnings);
  std::ranges::move(leave_out_unsupported(graph), std::back_inserter(warnings_));
  if (Status known = check_operators(graph); !known.ok()) return std::move(known).error().in(file.name());
  for (const GraphInput& input : graph.inputs) {
    KITE_TRY_ASSIGN(Port port, port_of(graph.value(input.value).name, input.dtype, input.dims, *texts_));
    inputs_.push_back(std::move(port));
  }
  for (const GraphInput& input : graph.inputs_with_default) {
    KITE_TRY_ASSIGN(Port port, port_of(graph.value(input.value).name, input.dtype, input.dims, *texts_));
    inputs_with_default_.push_back(std::move(port));
  }
  about_ = std::move(imported.about);
  for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
    const DType dtype = i < graph.output_dtypes.size() ? graph.output_dtypes[i].value_or(DType::kFloat32)
                                                       : DType::kFloat32;  // as nearly every model
    const auto dims = i < graph.output_dims.size() ? graph.output_dims[i] : std::vector<InputDim>();
    KITE_TRY_ASSIGN(Port port, port_of(graph.output_name(i), dtype, dims, *texts_));
    outputs_.push_back(std::move(port));
  }
  for (auto& [key, value] : imported.metadata) {
    if (!key.starts_with(kInternalNote)) metadata_.emplace(key, std::move(value));
  }
  return {};
}

Status DynamicModel::check_inputs(std::span<const TensorView> inputs) const {
  if (inputs.size() != inputs_.size()) {
    return Error{
        ErrorCode::kInvalidInput,
        "the model has " + std::to_string(inputs_.size()) + " inputs, " + std::to_string(inputs.size()) + " were given",
        {},
        {}};
  }
  // Few: a map would cost more than the run of a small model.
  std::vector<std::pair<std::string_view, std::int64_t>> symbols;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Port& port = inputs_[i];
    const TensorView& found = inputs[i];
    if (found.type.dtype != port.type.dtype) return mismatch(port, found, "");
    if (found.type.shape.rank() != static_cast<int>(port.dims.size())) return mismatch(port, found, "");
    for (std::size_t axis = 0; axis < port.dims.size(); ++axis) {
      const Dimension& dim = port.dims[axis];
      const std::int64_t size = found.type.shape[static_cast<int>(axis)];
      if (dim.size && *dim.size != size) return mismatch(port, found, "");
      if (dim.size || dim.symbol.empty()) continue;
      const auto known = std::ranges::find(symbols, dim.symbol, &std::pair<std::string_view, std::int64_t>::first);
      if (known == symbols.end()) {
        symbols.emplace_back(dim.symbol, size);
      } else if (known->second != size) {
        return mismatch(port, found, ", and " + in_quotes(dim.symbol) + " is already " + std::to_string(known->second));
      }
    }
    if (found.data == nullptr && found.type.shape.elements() > 0) return mismatch(port, found, " at the null address");
  }
  return {};
}

// A plan of another file, over the weights or beside the plans of this one, would give answers of two models.
Status DynamicModel::check_unchanged() const {
  if (path_.empty()) return {};
  const auto now = file_state(path_);
  if (now && state_ && has_same_bytes(*now, *state_)) return {};
  return Error{ErrorCode::kIo, "the model's file has changed since it was opened", path_, "open it again"};
}

// The file of a plan holds no model of which another plan could be made.
Status DynamicModel::check_plan_file(const InputShapes& shapes) const {
  if (first_ == nullptr || first_->origin() != PlanOrigin::kPlanFile) return {};
  for (const Port& port : inputs_) {
    const auto wanted = shapes.find(port.name);
    if (wanted == shapes.end() || wanted->second == port.type.shape) continue;
    return Error{ErrorCode::kInvalidInput,
                 "the plan was made for " + port.type.shape.to_string() + ", found " + wanted->second.to_string(),
                 "input " + in_quotes(port.name),
                 "open the .onnx file, or make a plan of that size from it with `kite compile`"};
  }
  return {};
}

Result<Model> DynamicModel::model_for(const InputShapes& shapes, const Model* lender, int threads) const {
  KITE_TRY(check_plan_file(shapes));
  KITE_TRY(check_unchanged());
  ModelOptions options = options_;
  options.input_shapes = shapes;
  options.meaning.size.reset();
  options.meaning.batch = 0;
  options.threads = threads;
  options.trace = nullptr;
  // A new plan for each size that ever comes would push everything else out of the cache.
  if (lender != nullptr) options.use_cache = false;
  KITE_TRY_ASSIGN(Model model, Internals::open(file(), options, lender));
  KITE_TRY(check_unchanged());
  return model;
}

}  // namespace kite
