// SPDX-License-Identifier: Apache-2.0
// The list of passes, and the whole pipeline on small relatives of the torchvision networks in three export styles.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "graph/import.h"
#include "passes/graph_case.h"

namespace kite {
namespace {

constexpr const char* kFolder = "src/passes/small_models/";

// A float64 graph, typed for `batch` pictures where the model lets that be chosen.
Graph load(const std::string& name, std::int64_t batch) {
  auto model = import_file(kFolder + name + ".onnx");
  EXPECT_TRUE(model.ok()) << model.error().message();
  if (!model.ok()) return {};
  Graph graph = std::move(model->graph);
  EXPECT_TRUE(promote_to_float64(graph).ok());
  std::map<std::string, Shape, std::less<>> shapes;
  if (!graph.inputs.front().dims.front().size) {
    shapes.emplace(graph.value(graph.inputs.front().value).name, Shape{batch, 3, 32, 32});
  }
  const Status bound = bind_inputs(graph, shapes);
  EXPECT_TRUE(bound.ok()) << bound.error().message();
  const Status typed = infer_types(graph);
  EXPECT_TRUE(typed.ok()) << typed.error().message();
  return graph;
}

struct Network {
  std::string name;
  std::string operators;  // after all passes, for one picture, in every style
  // Exporters state sqrt 2 and 1/6 as float32 (2^-24 = 6e-8) where our operators mean the numbers themselves.
  double tolerance = 1e-12;
};

const std::vector<Network>& networks() {
  static const std::vector<Network> all = {
      {"regnet_x", "1 ReduceMean, 1 Reshape, 12 paperkite.Conv, 1 paperkite.Linear"},
      {"regnet_y", "2 Mul, 3 ReduceMean, 1 Reshape, 13 paperkite.Conv, 1 paperkite.Linear"},
      {"resnet", "1 ReduceMean, 1 Reshape, 8 paperkite.Conv, 1 paperkite.Linear, 1 paperkite.MaxPool"},
      {"plain",
       "1 Add, 1 Mul, 1 Reshape, 1 paperkite.AveragePool, 2 paperkite.Conv, 2 paperkite.Linear, 1 paperkite.MaxPool",
       1e-7},
      {"mobilenet_v2", "1 ReduceMean, 1 Reshape, 10 paperkite.Conv, 1 paperkite.Linear"},
      {"mobilenet_v3", "2 Mul, 3 ReduceMean, 1 Reshape, 11 paperkite.Conv, 2 paperkite.Linear", 1e-7},
      {"efficientnet", "3 Mul, 4 ReduceMean, 1 Reshape, 16 paperkite.Conv, 1 paperkite.Linear"},
      {"convnext", "6 LayerNormalization, 1 ReduceMean, 1 Reshape, 5 paperkite.Conv, 7 paperkite.Linear", 1e-7},
      {"vit",
       "1 Add, 1 Concat, 7 Gather, 5 LayerNormalization, 4 MatMul, 2 Mul, 11 Reshape, 2 Softmax, 8 Transpose, "
       "1 paperkite.Conv, 9 paperkite.Linear",
       1e-7},
  };
  return all;
}

constexpr const char* kStyles[] = {"dynamo", "oldest", "unfolded"};

TEST(Pipeline, leaves_only_fused_operators_in_every_export_style) {
  for (const Network& network : networks()) {
    for (const char* style : kStyles) {
      Graph graph = load(network.name + "-" + style, 1);
      ASSERT_TRUE(run_passes(graph, {}).ok());
      EXPECT_EQ(histogram(graph), network.operators) << network.name << "-" << style;
      expect_sound(graph);
    }
  }
}

TEST(Pipeline, keeps_the_values_whichever_pass_is_left_out) {
  for (const Network& network : networks()) {
    for (const char* style : kStyles) {
      const std::string name = network.name + "-" + style;
      const std::vector<Tensor> expected = computed(load(name, 2));
      std::vector<std::string> disabled = {""};
      for (const Pass& pass : pass_pipeline()) disabled.emplace_back(pass.name);
      for (const std::string& pass : disabled) {
        SCOPED_TRACE(name + " without " + (pass.empty() ? "none" : pass));
        Graph graph = load(name, 2);
        const std::vector<std::string> off = pass.empty() ? std::vector<std::string>{} : std::vector{pass};
        const auto reports = run_passes(graph, off);
        ASSERT_TRUE(reports.ok()) << reports.error().message();
        const Status verified = verify(graph);
        EXPECT_TRUE(verified.ok()) << verified.error().message();
        expect_same(expected, computed(graph), network.tolerance);
      }
    }
  }
}

TEST(Pipeline, has_work_for_every_pass) {
  std::map<std::string_view, int> rewrites;
  for (const Network& network : networks()) {
    for (const char* style : kStyles) {
      Graph graph = load(network.name + "-" + style, 1);
      const auto reports = run_passes(graph, {});
      ASSERT_TRUE(reports.ok());
      for (const PassReport& report : *reports) rewrites[report.name] += report.rewrites;
    }
  }
  // The first three passes find nothing here: these exports hold no dead nodes, and share no weights through Identity.
  // None of them is quantised or has operators that stand for several others: fuse_quantised_test.cc and
  // decompose_test.cc have such networks.
  for (const Pass& pass : pass_pipeline().subspan(3)) {
    EXPECT_EQ(rewrites[pass.name] > 0, pass.name != "fuse_quantised" && pass.name != "decompose") << pass.name;
  }
}

TEST(Pipeline, changes_nothing_the_second_time) {
  for (const Network& network : networks()) {
    Graph graph = load(network.name + "-unfolded", 2);
    ASSERT_TRUE(run_passes(graph, {}).ok());
    const std::string once = body(graph);
    const auto reports = run_passes(graph, {});
    ASSERT_TRUE(reports.ok());
    EXPECT_EQ(body(graph), once) << network.name;
  }
}

TEST(Pipeline, reports_every_pass_in_order) {
  Graph graph = load("regnet_x-dynamo", 1);
  const std::vector<std::string> disabled = {"fuse_epilogue"};
  const auto reports = run_passes(graph, disabled);
  ASSERT_TRUE(reports.ok());
  ASSERT_EQ(reports->size(), pass_pipeline().size());
  for (std::size_t i = 0; i < reports->size(); ++i) {
    EXPECT_EQ((*reports)[i].name, pass_pipeline()[i].name);
    EXPECT_EQ((*reports)[i].disabled, (*reports)[i].name == "fuse_epilogue");
  }
}

TEST(Pipeline, refuses_an_unknown_pass_and_lists_the_known_ones) {
  Graph graph = load("regnet_x-dynamo", 1);
  const std::vector<std::string> disabled = {"fuse_epilog"};
  const auto reports = run_passes(graph, disabled);
  ASSERT_FALSE(reports.ok());
  EXPECT_EQ(reports.error().code, ErrorCode::kUsage);
  EXPECT_NE(reports.error().remedy.find("fuse_epilogue"), std::string::npos);
}

}  // namespace
}  // namespace kite
