// SPDX-License-Identifier: Apache-2.0
// ZipMap, with which converters of classical models end a classifier: it puts each score beside its label.
#pragma once

#include <map>
#include <string>

#include "graph/graph.h"

namespace kite {

// Where the labels of a ZipMap are kept among a model's metadata, as a JSON list of strings.
inline constexpr const char* kZipMapLabels = "paperkite.zipmap.labels";

// Removes each ZipMap whose result is only a graph output: the tensor of scores that it reads becomes the output, under
// the name of the result, and its labels go into `metadata`. A ZipMap whose result a node reads stays, and is listed
// with the unsupported operators.
void drop_zip_maps(Graph& graph, std::map<std::string, std::string, std::less<>>& metadata);

}  // namespace kite
