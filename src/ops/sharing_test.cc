// SPDX-License-Identifier: Apache-2.0
// Every operator that several threads may share gives the same bits, and the same error, for any number of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ops/op_case.h"
#include "ops/operator_calls.h"

namespace kite {
namespace {

// The bytes of all outputs, or the error's message.
std::string outcome(const Result<std::vector<Tensor>>& result) {
  if (!result.ok()) return "error: " + result.error().message();
  std::string bytes;
  for (const Tensor& tensor : *result) {
    if (tensor.view().data == nullptr) continue;  // an output that was left out
    const auto view = tensor.view().bytes();
    bytes.append(reinterpret_cast<const char*>(view.data()), view.size());
  }
  return bytes;
}

// False where the operator does not take such inputs.
bool gives_the_same_for_any_number_of_threads(const Operator& op, const Build& build) {
  const auto make = [&] { return make_call(op, build); };
  const auto alone = make()->run();
  if (!alone.ok()) return false;
  const std::string wanted = outcome(alone);
  for (const int shares : {1, 2, 3}) {
    const bool same = outcome(make()->run_shared(shares)) == wanted;
    EXPECT_TRUE(same) << op.domain << ' ' << op.name << " with " << shares << " threads";
  }
  return true;
}

TEST(SharedOperators, give_the_same_bits_for_any_number_of_threads) {
  const std::vector<Build> generic = generic_calls();
  int shared = 0;
  for (const Operator* op : all_operators()) {
    if (op->sharing != Sharing::kShared) continue;
    ++shared;
    int cases = 0;
    const auto [first, last] = stated_calls().equal_range(call_name(*op));
    for (auto it = first; it != last; ++it) {
      EXPECT_TRUE(gives_the_same_for_any_number_of_threads(*op, it->second)) << op->name << " refuses its case";
      ++cases;
    }
    for (const Build& build : generic) cases += gives_the_same_for_any_number_of_threads(*op, build) ? 1 : 0;
    EXPECT_GT(cases, 0) << op->name << " takes none of the inputs here: state a case for it";
  }
  EXPECT_GT(shared, 120);
}

// The index that is out of range lies in one share or in two: the error is that of the first one.
TEST(SharedOperators, tell_the_same_error_for_any_number_of_threads) {
  const auto make = [](std::int64_t first_wrong, std::int64_t second_wrong) {
    Tensor indices(DType::kInt64, {300});
    std::ranges::fill_n(indices.as<std::int64_t>(), 300, 1);
    indices.as<std::int64_t>()[first_wrong] = 101;
    indices.as<std::int64_t>()[second_wrong] = 102;
    auto op = std::make_unique<OpCase>("Gather", 13);
    op->runtime_input(iota({4, 3})).runtime_input(std::move(indices));
    return op;
  };
  for (const auto& [a, b] : {std::pair<std::int64_t, std::int64_t>{10, 20}, {10, 290}, {290, 10}, {280, 290}}) {
    const std::string wanted = outcome(make(a, b)->run());
    EXPECT_NE(wanted.find("is outside"), std::string::npos) << wanted;
    for (const int shares : {2, 3, 5}) EXPECT_EQ(outcome(make(a, b)->run_shared(shares)), wanted);
  }
}

TEST(Share, cuts_everything_once_and_in_order) {
  for (const std::int64_t count : {0, 1, 63, 64, 65, 1000, 1 << 20}) {
    for (const int shares : {1, 2, 3, 64}) {
      std::int64_t at = 0;
      for (int index = 0; index < shares; ++index) {
        const ElementRange range = Share{index, shares}.of(count);
        EXPECT_EQ(range.first, at);
        EXPECT_GE(range.last, range.first);
        at = range.last;
      }
      EXPECT_EQ(at, count);
    }
  }
}

}  // namespace
}  // namespace kite
