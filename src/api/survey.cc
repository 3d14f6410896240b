// SPDX-License-Identifier: Apache-2.0
// Goes the way of an opening model, and on after each refusal.
#include "api/survey.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/load.h"
#include "base/checked.h"
#include "base/mapped_file.h"
#include "carriers/find_model.h"
#include "graph/import.h"
#include "onnx/parse.h"
#include "onnx/tensor_data.h"
#include "paperkite/try.h"
#include "passes/pass.h"
#include "plan/source/source.h"

namespace kite {

namespace {

StatedPort stated_port(const onnx::ValueInfo& value) {
  StatedPort port{.name = std::string(value.name), .has_shape = value.has_shape};
  const auto dtype = onnx::to_dtype(value.element_type);
  port.type = !value.is_tensor ? "no tensor" : dtype.ok() ? std::string(dtype_name(*dtype)) : dtype.error().what;
  for (const onnx::Dimension& dim : value.shape) {
    const bool is_fixed = dim.value && *dim.value >= 0;
    port.dims.push_back(is_fixed ? std::to_string(*dim.value) : dim.param.empty() ? "?" : std::string(dim.param));
  }
  return port;
}

ModelFacts facts_of(const onnx::Model& model) {
  ModelFacts facts{.ir_version = model.ir_version,
                   .producer = std::string(model.producer_name),
                   .nodes = static_cast<std::int64_t>(model.graph.nodes.size())};
  if (!model.producer_version.empty()) facts.producer += ' ' + std::string(model.producer_version);
  for (const onnx::OpsetImport& import : model.opset_imports) {
    facts.opsets.emplace_back(import.domain == "ai.onnx" ? std::string() : std::string(import.domain), import.version);
  }
  std::vector<std::string_view> initializers;
  Checked parameters = 0;
  for (const onnx::TensorProto& tensor : model.graph.initializers) {
    initializers.push_back(tensor.name);
    Checked elements = 1;
    for (const std::int64_t dim : tensor.dims) elements *= std::max<std::int64_t>(dim, 0);
    parameters += elements;
  }
  facts.parameters = parameters.capped();
  std::ranges::sort(initializers);
  for (const onnx::ValueInfo& input : model.graph.inputs) {
    if (!std::ranges::binary_search(initializers, input.name)) facts.inputs.push_back(stated_port(input));
  }
  for (const onnx::ValueInfo& output : model.graph.outputs) facts.outputs.push_back(stated_port(output));
  return facts;
}

Refusal as_refusal(Error error) {
  const bool is_type = error.what.starts_with("element type");
  return {.kind = is_type ? Refusal::Kind::kType : Refusal::Kind::kNode, .error = std::move(error)};
}

// The problems of a graph that could be imported. What ends the way of an opening model ends this one, too: without
// shapes no node can be judged.
void look_at_nodes(ImportedModel& imported, const ModelOptions& options, ModelSurvey& survey) {
  Graph& graph = imported.graph;
  const StatedModel stated = stated_model(imported);
  (void)leave_out_unsupported(graph);
  const auto prepare = [&]() -> Status {
    KITE_TRY_ASSIGN(const InputShapes shapes, shapes_for(stated, survey.path, options));
    KITE_TRY(bind_inputs(graph, shapes));
    KITE_TRY_ASSIGN([[maybe_unused]] const auto types, compute_in_float32(graph));
    return {};
  };
  Status prepared = prepare();
  Refusals found = prepared.ok() ? find_refusals(graph) : find_unknown(graph);
  // An input that cannot be read is known already.
  std::set<std::string> known;
  for (const Refusal& problem : survey.problems.list) known.insert(problem.error.message());
  std::erase_if(found.list, [&](const Refusal& refusal) { return known.contains(refusal.error.message()); });
  std::ranges::move(found.list, std::back_inserter(survey.problems.list));
  survey.problems.unlisted = found.unlisted;
  survey.problems.unreached = found.unreached;
  if (!prepared.ok()) survey.problems.list.push_back(as_refusal(std::move(prepared).error()));
}

}  // namespace

Result<ModelFacts> read_facts(const std::string& path) {
  KITE_TRY_ASSIGN(const MappedFile file, MappedFile::open(path));
  KITE_TRY_ASSIGN(const onnx::Model model, onnx::parse_model(file.bytes(), path));
  return facts_of(model);
}

Result<ModelSurvey> survey_model(const std::string& named, const ModelOptions& options, const Error& why) {
  const bool is_about_the_model =
      why.code == ErrorCode::kInvalidModel || why.code == ErrorCode::kUnsupportedModel || why.code == ErrorCode::kLimit;
  if (!is_about_the_model) return why;
  KITE_TRY_ASSIGN(const FoundModel found, find_model(named));
  ModelSurvey survey{.path = found.path};
  KITE_TRY_ASSIGN(survey.facts, read_facts(found.path));
  KITE_TRY_ASSIGN(MappedFile mapped, MappedFile::open(found.path));
  const auto file = std::make_shared<const MappedFile>(std::move(mapped));
  KITE_TRY_ASSIGN(const Limits limits, limits_of(options.limits));
  std::vector<Error> unsupported;
  auto imported = import_model(
      {found.path, file->bytes(), file, options.meaning.data_dirs, FileAccess::kMapped, limits}, &unsupported);
  for (Error& error : unsupported) survey.problems.list.push_back(as_refusal(std::move(error)));
  if (imported.ok()) look_at_nodes(*imported, options, survey);
  // A broken file, or a limit of what comes after the types.
  if (!imported.ok() || survey.problems.list.empty()) survey.problems.list.push_back(as_refusal(why));
  return survey;
}

}  // namespace kite
