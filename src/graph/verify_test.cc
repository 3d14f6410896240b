// SPDX-License-Identifier: Apache-2.0
// Each broken invariant is found and named.
#include "graph/verify.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kite {
namespace {

struct Chain {
  Graph graph;
  ValueId x, a, y;
  NodeId first, second;

  Chain() {
    x = graph.add_value("x");
    a = graph.add_value("a");
    y = graph.add_value("y");
    graph.inputs.push_back({x, DType::kFloat32, {}});
    first = add("first", {x}, {a});
    second = add("second", {a}, {y});
    graph.outputs = {y};
  }
  NodeId add(std::string name, std::vector<ValueId> inputs, std::vector<ValueId> outputs) {
    return graph.add_node(make(std::move(name), std::move(inputs), std::move(outputs)));
  }
  static Node make(std::string name, std::vector<ValueId> inputs, std::vector<ValueId> outputs) {
    Node node;
    node.name = std::move(name);
    node.op_type = "Relu";
    node.inputs = std::move(inputs);
    node.outputs = std::move(outputs);
    return node;
  }
  std::string problem() const {
    const Status status = verify(graph);
    return status.ok() ? "ok" : status.error().message();
  }
};

TEST(Verify, accepts_a_sound_graph) { EXPECT_EQ(Chain().problem(), "ok"); }

TEST(Verify, finds_a_read_before_its_producer) {
  Chain chain;
  chain.graph.insert_before(chain.first, Chain::make("early", {chain.y}, {chain.graph.add_value("b")}));
  EXPECT_EQ(chain.problem(), "reads \"y\" before it is made; node \"early\" (Relu)");
}

TEST(Verify, finds_a_cycle) {
  Chain chain;
  chain.graph.set_input(chain.first, 0, chain.y);
  EXPECT_EQ(chain.problem(), "reads \"y\" before it is made; node \"first\" (Relu)");
}

TEST(Verify, finds_a_dangling_input) {
  Chain chain;
  chain.graph.remove(chain.first);
  EXPECT_EQ(chain.problem(), "reads \"a\", which no node makes; node \"second\" (Relu)");
}

TEST(Verify, finds_a_second_producer) {
  Chain chain;
  chain.add("third", {chain.x}, {chain.y});
  EXPECT_EQ(chain.problem(), "is not recorded as the producer of \"y\"; node \"second\" (Relu)");
  chain.graph.value(chain.y).producer = chain.second;
  EXPECT_EQ(chain.problem(),
            "makes \"y\", which is already a graph input, a constant or made by another node; "
            "node \"third\" (Relu)");
}

TEST(Verify, finds_an_input_that_a_node_makes) {
  Chain chain;
  chain.add("third", {chain.a}, {chain.x});
  EXPECT_EQ(chain.problem(),
            "makes \"x\", which is already a graph input, a constant or made by another node; "
            "node \"third\" (Relu)");
}

TEST(Verify, finds_an_output_that_nothing_makes) {
  Chain chain;
  chain.graph.outputs.push_back(chain.graph.add_value("ghost"));
  EXPECT_EQ(chain.problem(), "no node makes this graph output; value \"ghost\"");
}

TEST(Verify, finds_duplicate_value_names) {
  Chain chain;
  chain.graph.value(chain.a).name = "x";
  EXPECT_EQ(chain.problem(), "two values share one name; value \"x\"");
}

TEST(Verify, finds_duplicate_output_names) {
  Chain chain;
  chain.graph.outputs.push_back(chain.a);
  chain.graph.output_names = {"y", "y"};
  EXPECT_EQ(chain.problem(), "two outputs share one name; output \"y\"");
  chain.graph.output_names = {"y"};
  EXPECT_EQ(chain.problem(), "output_names and outputs differ in length");
}

TEST(Verify, finds_reads_that_bypass_the_graph) {
  Chain chain;
  chain.graph.node(chain.second).inputs[0] = chain.x;
  EXPECT_EQ(chain.problem(),
            "a node reads it without being in its use list: change inputs only through "
            "Graph::set_input; value \"x\"");
}

TEST(Verify, finds_ids_out_of_range) {
  Chain chain;
  chain.graph.node(chain.second).inputs[0] = 99;
  EXPECT_EQ(chain.problem(), "an input names no value; node \"second\" (Relu)");
}

}  // namespace
}  // namespace kite
