// SPDX-License-Identifier: Apache-2.0
// The one input of the model, and the plan's note about the nodes that read it.
#include "api/picture_source.h"

#include <string>
#include <utility>

#include "analysis/front.h"
#include "api/internals.h"
#include "carriers/picture_form.h"
#include "paperkite/try.h"

namespace kite {

namespace {

Error refusal(const Model& model, std::string what, std::string remedy) {
  return {ErrorCode::kUnsupportedModel, std::move(what), model.path(), std::move(remedy)};
}

Status check_one_input(const Model& model) {
  if (model.inputs().size() == 1) return {};
  if (model.inputs().empty()) return refusal(model, "the model has no input", "");
  std::string names;
  for (const Port& port : model.inputs()) {
    names += (names.empty() ? "\"" : ", \"") + std::string(port.name) + "\" " +
             std::string(dtype_name(port.type.dtype)) + port.type.shape.to_string();
  }
  return refusal(model,
                 "the model has " + std::to_string(model.inputs().size()) + " inputs (" + names +
                     "), a classifier of pictures has one",
                 "use `kite run` with a tensor for each, or export the model with the others as constants");
}

GraphFront front_of(const Plan& plan) {
  const std::string_view note = plan.note(kFrontNote);
  if (note.empty()) return {};
  Front front = parse_front(note);
  return {std::move(front.range), std::move(front.steps)};
}

}  // namespace

Status describe_picture(const Model& model, InterpretationSources& sources) {
  KITE_TRY(check_one_input(model));
  const Port& input = model.inputs()[0];
  const auto dims = input.type.shape.dims();
  sources.input_shape.assign(dims.begin(), dims.end());
  // Before a height and a width an open dimension counts grey pictures, and not channels, for every value that it is
  // bound to.
  if (dims.size() == 3 && !input.dims[0].size) sources.input_shape[0] = -1;
  sources.input_type = input.type.dtype;
  sources.front = front_of(*Internals::plan(model));
  const Result<PictureForm> form = read_picture_form(input.type.dtype, sources.input_shape);
  if (!form.ok()) return Error(form.error()).in(model.path());
  return {};
}

}  // namespace kite
