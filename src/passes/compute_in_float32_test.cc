// SPDX-License-Identifier: Apache-2.0
// Models of float16, bfloat16 and float64: inputs and outputs keep their types, everything between them is float32.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "passes/graph_case.h"
#include "tensor/convert.h"
#include "tensor/half.h"

namespace kite {
namespace {

// y = x * w in one element type, from input to output.
GraphCase scaled(DType dtype) {
  GraphCase g;
  const ValueId x = g.input("x", Shape{2}, dtype);
  const ValueId w = g.constant("w", converted(Tensor::of<float>(Shape{2}, {2, -65504}).view(), dtype));
  g.returns(g.n("y", "Mul", {x, w}));
  g.graph().output_names = {"y"};
  g.graph().output_dtypes = {dtype};
  return g;
}

std::vector<std::string> converted_types(GraphCase& g, Float64 float64 = Float64::kComputedInFloat32) {
  EXPECT_TRUE(bind_inputs(g.graph(), {}).ok());
  const auto accounts = compute_in_float32(g.graph(), float64);
  EXPECT_TRUE(accounts.ok()) << accounts.error().message();
  return accounts.ok() ? *accounts : std::vector<std::string>{};
}

TEST(ComputeInFloat32, keeps_the_types_of_inputs_and_outputs_behind_casts) {
  for (const DType dtype : {DType::kFloat16, DType::kBFloat16, DType::kFloat64}) {
    GraphCase g = scaled(dtype);
    const std::string name(dtype_name(dtype));
    EXPECT_EQ(converted_types(g),
              std::vector<std::string>{name + " (1 constant, 1 input, 1 output) is computed in float32"});
    const Graph graph = g.take();
    EXPECT_TRUE(verify(graph).ok());
    const std::string to = dtype == DType::kFloat16 ? "10" : dtype == DType::kFloat64 ? "11" : "16";
    EXPECT_EQ(body(graph),
              "%x_float32: float32[2] = Cast-13(%x) {to=1}\n"
              "%y: float32[2] = Mul-17(%x_float32, w)\n"
              "%y_" +
                  name + ": " + name + "[2] = Cast-13(%y) {to=" + to +
                  "}\n"
                  "return %y_" +
                  name + " as y\n");
    EXPECT_EQ(graph.output_name(0), "y");
  }
}

TEST(ComputeInFloat32, integers_that_a_model_calls_float64_stay_integers) {
  GraphCase g;
  const ValueId count = g.input("count", Shape{2}, DType::kInt8);
  const ValueId x = g.input("x", Shape{2}, DType::kFloat64);
  g.returns(g.n("twice", "Add", {count, count}));
  g.returns(g.n("y", "Add", {x, x}));
  g.graph().output_names = {"twice", "y"};
  g.graph().output_dtypes = {DType::kFloat64, DType::kFloat64};
  EXPECT_EQ(converted_types(g), std::vector<std::string>{"float64 (1 input, 1 output) is computed in float32"});
  ASSERT_TRUE(infer_types(g.graph()).ok());
  const Graph graph = g.take();
  EXPECT_EQ(graph.value(graph.outputs[0]).type->dtype, DType::kInt8);
  EXPECT_EQ(graph.value(graph.outputs[1]).type->dtype, DType::kFloat64);
}

TEST(ComputeInFloat32, copies_nothing_of_a_float32_model) {
  GraphCase g = scaled(DType::kFloat32);
  const std::int64_t left = g.graph().budget().left(Limit::kConstantBytes);
  EXPECT_TRUE(converted_types(g).empty());
  EXPECT_EQ(g.graph().budget().left(Limit::kConstantBytes), left);
}

TEST(ComputeInFloat32, keeps_a_mask_of_the_lowest_half_finite) {
  GraphCase g = scaled(DType::kFloat16);
  (void)converted_types(g);
  const Tensor x = Tensor::of<Float16>(Shape{2}, {{0x3c00}, {0x4000}});
  const Graph graph = g.take();
  const auto y = interpret(graph, std::vector<TensorView>{x.view()});
  ASSERT_TRUE(y.ok()) << y.error().message();
  EXPECT_EQ((*y)[0].as<Float16>()[0].bits, 0x4000);
  EXPECT_EQ((*y)[0].as<Float16>()[1].bits, 0xfc00) << "twice the lowest is infinite in float16, at the door only";
}

TEST(ComputeInFloat32, casts_and_tensors_inside_nodes_follow) {
  GraphCase g;
  const ValueId x = g.input("x", Shape{2}, DType::kFloat32);
  const Tensor one = Tensor::of<Float16>(Shape{1}, {{0x3c00}});
  const ValueId ones =
      g.n("ones", "ConstantOfShape", {g.ints("shape", {2})}, {{"value", g.graph().own(Tensor::copy_of(one.view()))}});
  const ValueId half = g.n("half", "Cast", {x}, {attr("to", 10)});
  g.returns(g.n("y", "Add", {half, g.n("like", "CastLike", {ones, half})}));
  EXPECT_EQ(converted_types(g), std::vector<std::string>{"float16 (1 constant, 1 cast) is computed in float32"});
  Graph graph = g.take();
  EXPECT_EQ(graph.value(graph.outputs[0]).type->dtype, DType::kFloat32);
}

TEST(ComputeInFloat32, a_cast_that_makes_a_stated_output_is_the_door_itself) {
  GraphCase g;
  g.returns(g.n("y", "Cast", {g.input("x", Shape{2}, DType::kFloat32)}, {attr("to", 10)}));
  g.graph().output_dtypes = {DType::kFloat16};
  EXPECT_EQ(converted_types(g), std::vector<std::string>{"float16 (1 output) is computed in float32"});
  EXPECT_EQ(body(g.take()), "%y: float16[2] = Cast-17(%x) {to=10}\nreturn %y\n");
}

// floor(41 * 0.1 * 10) is 41 in float64 and 40 or 41 by luck in float32: with 0.29 * 100 the two differ.
TEST(ComputeInFloat32, shape_arithmetic_in_float64_is_computed_in_float64) {
  GraphCase g;
  const ValueId x = g.input("x", Shape{100}, DType::kFloat32);
  const ValueId size = g.n("size", "Cast", {g.n("dims", "Shape", {x})}, {attr("to", 11)});
  const ValueId part = g.n("part", "Mul", {size, g.number("share", 0.29)});
  const ValueId end = g.n("end", "Cast", {part}, {attr("to", 7)});
  g.returns(g.n("y", "Slice", {x, g.ints("start", {0}), end}));
  EXPECT_TRUE(converted_types(g).empty());
  EXPECT_EQ(g.take().value(0).type->shape, Shape{100});
  EXPECT_EQ(static_cast<std::int64_t>(100 * 0.29), 28);
  EXPECT_EQ(static_cast<std::int64_t>(100.0F * 0.29F), 29);
}

TEST(ComputeInFloat32, the_oracle_keeps_float64) {
  GraphCase g = scaled(DType::kFloat64);
  EXPECT_TRUE(converted_types(g, Float64::kStays).empty());
  EXPECT_EQ(body(g.take()), "%y: float64[2] = Mul-17(%x, w)\nreturn %y\n");
}

}  // namespace
}  // namespace kite
