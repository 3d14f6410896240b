// SPDX-License-Identifier: Apache-2.0
// For tests of the API: small classifiers as ONNX bytes, a folder of their own, and pictures of one colour.
#pragma once

#include <gtest/gtest.h>
#include <png.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/test_folder.h"
#include "onnx/message_builder.h"
#include "paperkite/model.h"
#include "paperkite/session.h"

namespace kite {

// Has a folder, and in it a cache.
class FolderTest : public testing::Test {
 protected:
  std::string write(const std::string& name, std::string_view bytes) const { return folder_.write(name, bytes); }
  std::string cache() const { return folder_ / "cache"; }

  TestFolder folder_;
};

// x [1,3,4,4] (red, green, blue) -> the mean of each plane -> Gemm with `weights` [C,3] -> logits [1,C], or their
// Softmax. `dims`: those of x, -1 where the model leaves one open. With `external` the weights lie in the file of that
// name beside the model.
inline std::string classifier_bytes(const std::vector<float>& weights, bool softmax = false,
                                    const std::string& external = {},
                                    std::vector<std::pair<std::string, std::string>> metadata = {},
                                    const std::vector<std::int64_t>& dims = {-1, 3, 4, 4}) {
  namespace t = onnx::test;
  const auto classes = static_cast<std::int64_t>(weights.size() / 3);
  t::GraphParts parts;
  parts.nodes = {t::node("GlobalAveragePool", {"x"}, {"p"}), t::node("Flatten", {"p"}, {"f"}),
                 t::node("Gemm", {"f", "w"}, {softmax ? "l" : "y"}, {t::int_attribute("transB", 1)}, "head")};
  if (softmax) parts.nodes.push_back(t::node("Softmax", {"l"}, {"y"}));
  if (external.empty()) {
    parts.initializers = {t::float_tensor("w", {classes, 3}, weights)};
  } else {
    parts.initializers = {t::tensor_head("w", onnx::kFloat, {classes, 3})
                              .message(13, t::Message().text(1, "location").text(2, external))
                              .integer(14, 1)};
  }
  parts.inputs = {t::value_info("x", onnx::kFloat, dims)};
  parts.outputs = {t::value_info("y", onnx::kFloat, {-1, classes})};
  t::Message model = t::model(t::graph(parts));
  for (const auto& [key, value] : metadata) model.message(14, t::Message().text(1, key).text(2, value));
  return model.bytes();
}

// Of such a model: the logits for pictures whose planes are 1, 2 and 3 everywhere.
inline std::vector<float> logits(const Model& model) {
  auto session = Session::create(model, {.threads = 1});
  EXPECT_TRUE(session.ok());
  Tensor x(model.inputs()[0].type);
  for (std::int64_t i = 0; i < x.shape().elements(); ++i) x.as<float>()[i] = static_cast<float>(i / 16 % 3 + 1);
  const TensorView view = x.view();
  EXPECT_TRUE(session->run({&view, 1}).ok());
  const TensorView y = session->output(0);
  return {y.as<float>(), y.as<float>() + y.type.shape.elements()};
}

// A PNG of 6x5 pixels of one colour.
inline std::string picture(std::uint8_t red, std::uint8_t green, std::uint8_t blue) {
  std::vector<std::uint8_t> pixels;
  for (int i = 0; i < 30; ++i) pixels.insert(pixels.end(), {red, green, blue});
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = 6;
  image.height = 5;
  image.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = 0;
  EXPECT_NE(png_image_write_to_memory(&image, nullptr, &size, 0, pixels.data(), 0, nullptr), 0);
  std::string bytes(size, '\0');
  EXPECT_NE(png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels.data(), 0, nullptr), 0);
  bytes.resize(size);
  return bytes;
}

}  // namespace kite
