// SPDX-License-Identifier: Apache-2.0
// For tests that go over all operators: calls that each of them takes.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ops/op.h"
#include "ops/op_case.h"

namespace kite {

// Gives a call its attributes and inputs.
using Build = std::function<void(OpCase&)>;

// By call_name(): calls of operators that need inputs of their own.
const std::multimap<std::string, Build>& stated_calls();
// Calls that most of the others take.
std::vector<Build> generic_calls();

// "Conv", or "paperkite.Conv" where passes make it.
std::string call_name(const Operator& op);
std::unique_ptr<OpCase> make_call(const Operator& op, const Build& build);

}  // namespace kite
