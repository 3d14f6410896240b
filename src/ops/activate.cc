// SPDX-License-Identifier: Apache-2.0
#include "ops/activate.h"

#include <string>

#include "paperkite/try.h"

namespace kite {

ActivationFunction::ActivationFunction(const Attributes& attributes)
    : formula_(
          activation_formula(find_activation(attributes.get_string("activation", "none")).value_or(Activation::kNone))),
      a_(attributes.get_float("activation_a", 0)),
      b_(attributes.get_float("activation_b", 0)) {}

Status check_activation(const InferContext& context) {
  KITE_TRY_ASSIGN(const std::string name, context.get_string("activation", "none"));
  KITE_TRY(context.get_float("activation_a", 0));
  KITE_TRY(context.get_float("activation_b", 0));
  if (find_activation(name)) return {};
  return context.invalid("attribute 'activation' is \"" + name + "\", which names no activation");
}

}  // namespace kite
