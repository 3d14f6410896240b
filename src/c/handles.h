// SPDX-License-Identifier: Apache-2.0
// What is behind the pointers of paperkite.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "paperkite.h"
#include "paperkite/classifier.h"
#include "paperkite/error.h"
#include "paperkite/pool.h"
#include "paperkite/tensor.h"

// Texts of an error end in a zero byte. Those of a lack of memory are constants, because no memory is there for others.
struct paperkite_error {
  kite::ErrorCode code = kite::ErrorCode::kUsage;
  const char* what = "";
  const char* where = "";
  const char* remedy = "";
  const char* message = "";
};

struct paperkite_options {
  // Its threads are at most so many for one call, and its model's as many while it opens.
  kite::ClassifierOptions classifier;
  int max_plans = 0;  // 0: not stated
  // The name of an option that only one of the two has; "": none was set.
  std::string only_for_classifiers;
  std::string only_for_sessions;
};

struct paperkite_picture {
  kite::Picture picture;
  std::vector<std::byte> copy;  // of what `picture` would borrow
};

struct paperkite_classifier {
  kite::ClassifierPool pool;
  std::string recipe_json;
  std::vector<kite::Decision> decisions;  // labels and preprocessing first
};

struct paperkite_result {
  kite::Classification answer;
};

struct paperkite_tensor {
  kite::Tensor copy;      // empty where `view` borrows from the caller
  kite::TensorView view;  // what it is
};

struct paperkite_port {
  std::string name;
  std::int32_t dtype = 0;
  std::vector<std::int64_t> dims;    // -1: open
  std::vector<std::string> symbols;  // one for each
};

struct paperkite_session {
  kite::SessionPool pool;
  std::vector<paperkite_port> inputs;
  std::vector<paperkite_port> outputs;
};
