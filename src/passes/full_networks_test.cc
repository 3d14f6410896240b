// SPDX-License-Identifier: Apache-2.0
// The eight torchvision networks at full size, as tests/models/graphs keeps them: exported graphs without weights.
// Which operators are left does not depend on the weights, so here they all come from one file of zeros.
#include <gtest/gtest.h>
#include <zlib.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/test_folder.h"
#include "graph/import.h"
#include "passes/graph_case.h"

namespace kite {
namespace {

constexpr const char* kGraphs = "tests/models/graphs";

// Field numbers of onnx.proto.
constexpr protozero::pbf_tag_type kModelGraph = 7;
constexpr protozero::pbf_tag_type kGraphInitializer = 5;
constexpr protozero::pbf_tag_type kTensorDims = 1;
constexpr protozero::pbf_tag_type kTensorDocString = 12;
constexpr protozero::pbf_tag_type kTensorExternalData = 13;
constexpr protozero::pbf_tag_type kTensorDataLocation = 14;

std::string inflated(const std::filesystem::path& path) {
  std::string bytes;
  gzFile file = gzopen(path.c_str(), "rb");
  EXPECT_NE(file, nullptr) << path;
  if (file == nullptr) return bytes;
  std::array<char, 1 << 16> block{};
  for (int got = 1; got > 0;) {
    got = gzread(file, block.data(), block.size());
    if (got > 0) bytes.append(block.data(), static_cast<std::size_t>(got));
  }
  EXPECT_EQ(gzclose(file), Z_OK) << path;
  return bytes;
}

void copy_field(protozero::pbf_reader& from, protozero::pbf_writer& to) {
  const protozero::pbf_tag_type tag = from.tag();  // reading the value forgets it
  switch (from.wire_type()) {
    case protozero::pbf_wire_type::varint: to.add_uint64(tag, from.get_uint64()); break;
    case protozero::pbf_wire_type::fixed64: to.add_fixed64(tag, from.get_fixed64()); break;
    case protozero::pbf_wire_type::fixed32: to.add_fixed32(tag, from.get_fixed32()); break;
    default: to.add_bytes(tag, from.get_view()); break;
  }
}

// A tensor that was emptied (its doc_string says how to fill it) gets as many bytes of the file "zeros".
std::string with_zeros(protozero::data_view tensor, std::int64_t& largest_bytes) {
  std::string bytes;
  protozero::pbf_writer writer(bytes);
  bool is_emptied = false;
  std::int64_t size_bytes = 4;  // all are float32
  for (protozero::pbf_reader field(tensor); field.next();) {
    protozero::pbf_reader look = field;
    if (look.tag() == kTensorDims && look.wire_type() == protozero::pbf_wire_type::varint) {
      size_bytes *= look.get_int64();
    } else if (look.tag() == kTensorDims) {
      for (const std::int64_t dim : look.get_packed_int64()) size_bytes *= dim;
    } else if (look.tag() == kTensorDocString) {
      is_emptied = look.get_string().starts_with("fill: ");
    }
    copy_field(field, writer);
  }
  if (!is_emptied) return bytes;
  largest_bytes = std::max(largest_bytes, size_bytes);
  for (const auto& [key, value] :
       std::map<std::string, std::string>{{"location", "zeros"}, {"length", std::to_string(size_bytes)}}) {
    protozero::pbf_writer entry(writer, kTensorExternalData);
    entry.add_string(1, key);
    entry.add_string(2, value);
  }
  writer.add_enum(kTensorDataLocation, 1);
  return bytes;
}

// The model, its initializers changed by with_zeros().
std::string with_zero_weights(const std::string& model, std::int64_t& largest_bytes) {
  std::string bytes;
  protozero::pbf_writer writer(bytes);
  for (protozero::pbf_reader field(model); field.next();) {
    if (field.tag() != kModelGraph) {
      copy_field(field, writer);
      continue;
    }
    protozero::pbf_writer graph(writer, kModelGraph);
    for (protozero::pbf_reader part(field.get_view()); part.next();) {
      if (part.tag() == kGraphInitializer) {
        graph.add_message(kGraphInitializer, with_zeros(part.get_view(), largest_bytes));
      } else {
        copy_field(part, graph);
      }
    }
  }
  return bytes;
}

class FullNetworks : public testing::Test {
 protected:
  // Typed for one picture, or for `batch` where the model lets it be chosen.
  Graph load(const std::string& name, std::int64_t batch = 1) {
    std::int64_t largest_bytes = 0;
    const std::string bytes =
        with_zero_weights(inflated(std::filesystem::path(kGraphs) / (name + ".onnx.gz")), largest_bytes);
    EXPECT_GT(largest_bytes, 0);
    std::filesystem::resize_file(folder_.write("zeros", ""), static_cast<std::uintmax_t>(largest_bytes));  // sparse
    auto model = import_file(folder_.write("model.onnx", bytes));
    EXPECT_TRUE(model.ok()) << model.error().message();
    if (!model.ok()) return {};
    Graph graph = std::move(model->graph);
    const GraphInput& image = graph.inputs.front();
    std::map<std::string, Shape, std::less<>> shapes;
    if (!image.dims.front().size) shapes.emplace(graph.value(image.value).name, Shape{batch, 3, 224, 224});
    const Status bound = bind_inputs(graph, shapes);
    EXPECT_TRUE(bound.ok()) << bound.error().message();
    const Status typed = infer_types(graph);
    EXPECT_TRUE(typed.ok()) << typed.error().message();
    return graph;
  }

  TestFolder folder_;
};

struct KeptNetwork {
  const char* name;
  const char* operators;
};

// Of every style that is kept. A Reshape is only another name for the same memory.
constexpr KeptNetwork kNetworks[] = {
    {"regnet_x_400mf", "1 ReduceMean, 1 Reshape, 71 paperkite.Conv, 1 paperkite.Linear"},
    {"regnet_y_16gf", "18 Mul, 19 ReduceMean, 1 Reshape, 95 paperkite.Conv, 1 paperkite.Linear"},
    {"resnet50", "1 ReduceMean, 1 Reshape, 53 paperkite.Conv, 1 paperkite.Linear, 1 paperkite.MaxPool"},
    {"mobilenet_v2", "1 ReduceMean, 1 Reshape, 52 paperkite.Conv, 1 paperkite.Linear"},
    {"mobilenet_v3_large", "8 Mul, 9 ReduceMean, 1 Reshape, 62 paperkite.Conv, 2 paperkite.Linear"},
    {"efficientnet_b0", "16 Mul, 17 ReduceMean, 1 Reshape, 81 paperkite.Conv, 1 paperkite.Linear"},
    {"convnext_tiny", "23 LayerNormalization, 1 ReduceMean, 1 Reshape, 22 paperkite.Conv, 37 paperkite.Linear"},
    // Four Transposes a layer are what attention needs: queries, keys, values, and the way back.
    {"vit_b_16",
     "1 Add, 1 Concat, 37 Gather, 25 LayerNormalization, 24 MatMul, 12 Mul, 61 Reshape, 12 Softmax, "
     "48 Transpose, 1 paperkite.Conv, 49 paperkite.Linear"},
};

TEST_F(FullNetworks, are_left_with_the_same_few_operators_in_every_export_style) {
  int graphs = 0;
  for (const auto& file : std::filesystem::directory_iterator(kGraphs)) {
    const std::string name = file.path().filename().string();
    constexpr std::string_view kSuffix = ".onnx.gz";
    if (!name.ends_with(kSuffix)) continue;
    SCOPED_TRACE(name);
    const auto* network = std::ranges::find(kNetworks, name.substr(0, name.find('-')), &KeptNetwork::name);
    ASSERT_NE(network, std::end(kNetworks));
    Graph graph = load(name.substr(0, name.size() - kSuffix.size()));
    const auto reports = run_passes(graph, {});
    ASSERT_TRUE(reports.ok()) << reports.error().message();
    EXPECT_EQ(histogram(graph), network->operators);
    expect_sound(graph);
    ++graphs;
  }
  EXPECT_GE(graphs, 32) << "eight networks, two exporters, fixed and free batch";
}

// Every Transpose of a batch moves elements; those that are left stand around attention.
TEST_F(FullNetworks, need_no_more_transposes_for_a_batch) {
  for (const char* name :
       {"convnext_tiny-dynamo-dynamic", "convnext_tiny-torchscript-dynamic", "efficientnet_b0-torchscript-dynamic"}) {
    Graph graph = load(name, 4);
    ASSERT_TRUE(run_passes(graph, {}).ok());
    EXPECT_EQ(histogram(graph).find("Transpose"), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace kite
