// SPDX-License-Identifier: Apache-2.0
// Everything that the screens show, and the steps and problems that they leave out, as one object.
#include "inspect_json.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "json_output.h"

namespace kite::cli {

namespace {

using Json = nlohmann::ordered_json;

std::vector<std::int64_t> dims_of(const TensorType& type) {
  return {type.shape.dims().begin(), type.shape.dims().end()};
}

Json describe_ports(std::span<const Port> ports) {
  Json array = Json::array();
  for (const Port& port : ports) {
    Json stated = Json::array();  // a number, a symbol, or null
    for (const Dimension& dim : port.dims) {
      stated.push_back(dim.size ? Json(*dim.size) : dim.symbol.empty() ? Json() : Json(dim.symbol));
    }
    array.push_back(
        {{"name", port.name}, {"dtype", dtype_name(port.type.dtype)}, {"shape", dims_of(port.type)}, {"dims", stated}});
  }
  return array;
}

Json describe_all_steps(const Model& model) {
  Json steps = Json::array();
  for (const ModelStep& step : model.steps()) {
    steps.push_back({{"op", step.op},
                     {"node", step.node},
                     {"kernel", step.kernel},
                     {"shape", dims_of(step.result)},
                     {"macs", step.macs},
                     {"parts", describe_parts(step.parts)}});
  }
  return steps;
}

std::string domain_name(std::string_view domain) { return domain.empty() ? "ai.onnx" : std::string(domain); }

void add_facts(Json& object, const ModelFacts& facts) {
  object["ir_version"] = facts.ir_version;
  object["producer"] = facts.producer;
  Json opsets = Json::object();
  for (const auto& [domain, version] : facts.opsets) opsets[domain_name(domain)] = version;
  object["opsets"] = opsets;
  object["nodes"] = facts.nodes;
}

std::string_view refusal_kind_name(Refusal::Kind kind) {
  switch (kind) {
    case Refusal::Kind::kOperator: return "operator";
    case Refusal::Kind::kType: return "type";
    case Refusal::Kind::kNode: return "node";
  }
  return "node";
}

Json describe_problems(const Refusals& problems) {
  Json array = Json::array();
  for (const Refusal& problem : problems.list) {
    Json entry = {
        {"kind", refusal_kind_name(problem.kind)}, {"count", problem.count}, {"first", describe_error(problem.error)}};
    if (!problem.op_type.empty()) {
      entry["domain"] = domain_name(problem.domain);
      entry["operator"] = problem.op_type;
      entry["opset"] = problem.opset;
    }
    if (problem.first_opset != 0) entry["known_opsets"] = {problem.first_opset, problem.last_opset};
    array.push_back(std::move(entry));
  }
  return array;
}

Json describe_stated(const std::vector<StatedPort>& ports) {
  Json array = Json::array();
  for (const StatedPort& port : ports) {
    array.push_back({{"name", port.name}, {"dtype", port.type}, {"dims", port.has_shape ? Json(port.dims) : Json()}});
  }
  return array;
}

}  // namespace

std::optional<double> fast_share(const Model& model) {
  if (model.macs() == 0) return std::nullopt;
  return static_cast<double>(model.fast_macs()) / static_cast<double>(model.macs());
}

void print_model_json(const InspectOptions& options, const Model& model, const std::optional<ModelFacts>& facts,
                      const Sources& sources) {
  Json object = {{"model", options.model}, {"runs", true}, {"isa", model.isa()}};
  if (facts) add_facts(object, *facts);
  object["parameters"] = model.parameters();
  object["macs"] = model.macs();
  object["fast_macs"] = model.fast_macs();
  const auto share = fast_share(model);
  object["fast_share"] = share ? Json(*share) : Json();
  const ModelMemory memory = model.memory();
  object["weight_bytes"] = memory.weight_bytes;
  object["arena_bytes"] = memory.arena_bytes;
  object["scratch_bytes"] = memory.scratch_bytes * static_cast<std::uint64_t>(threads_of(options));
  object["inputs"] = describe_ports(model.inputs());
  object["outputs"] = describe_ports(model.outputs());
  for (const auto& [key, value] : sources.rows) object[key] = value;
  object["recipe"] = sources.recipe;
  object["warnings"] = sources.warnings;
  object["conflicts"] = sources.conflicts;
  object["steps"] = describe_all_steps(model);
  print_json(object, 2);
}

void print_survey_json(const InspectOptions& options, const ModelSurvey& survey, const Error& why) {
  Json object = {{"model", options.model}, {"runs", false}};
  add_facts(object, survey.facts);
  object["parameters"] = survey.facts.parameters;
  object["inputs"] = describe_stated(survey.facts.inputs);
  object["outputs"] = describe_stated(survey.facts.outputs);
  object["problems"] = describe_problems(survey.problems);
  object["unlisted"] = survey.problems.unlisted;
  object["unreached"] = survey.problems.unreached;
  object["error"] = describe_error(why);
  print_json(object, 2);
}

}  // namespace kite::cli
