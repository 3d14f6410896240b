// SPDX-License-Identifier: Apache-2.0
// What a model's file says of itself.
#pragma once

#include <cstdint>
#include <string>

namespace kite {

// As the file states it; empty, or 0, where it states nothing.
struct ModelAbout {
  std::string producer_name;  // the program that wrote the file
  std::string graph_name;
  std::string domain;
  std::string description;        // of the model
  std::string graph_description;  // of its graph
  std::int64_t version = 0;       // of the model, not of the format
};

}  // namespace kite
