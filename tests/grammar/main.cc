// SPDX-License-Identifier: Apache-2.0
// kite_grammar_judge: judges the models that it reads from standard input until that ends. A model is the number of its
// tensors plus one, and for each, the .onnx file first, its size and its bytes. An answer is a line of JSON, and for
// each output the engine's and the oracle's tensor, as size and bytes. Numbers are little-endian, of 8 bytes.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "grammar/judge.h"

namespace kite::grammar {

namespace {

bool read_number(std::uint64_t& number) { return std::fread(&number, sizeof number, 1, stdin) == 1; }

bool read_parts(std::uint64_t& care, std::vector<std::vector<std::byte>>& parts) {
  std::uint64_t count = 0;
  if (!read_number(care) || !read_number(count)) return false;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::uint64_t size = 0;
    if (!read_number(size)) return false;
    std::vector<std::byte>& part = parts.emplace_back(size);
    if (std::fread(part.data(), 1, size, stdin) != size) return false;
  }
  return count > 0;
}

void write_tensor(const Tensor& tensor) {
  const auto bytes = tensor.view().bytes();
  const std::uint64_t size = bytes.size();
  std::fwrite(&size, sizeof size, 1, stdout);
  std::fwrite(bytes.data(), 1, bytes.size(), stdout);
}

void answer(const Result<Judgement>& judged) {
  nlohmann::json line;
  if (!judged.ok()) {
    line["refused"] = judged.error().message();
    line["code"] = error_code_name(judged.error().code);
    std::printf("%s\n", line.dump().c_str());
    return;
  }
  line["faults"] = judged->faults;
  line["steps"] = judged->steps;
  line["portable_steps"] = judged->portable_steps;
  line["outputs"] = nlohmann::json::array();
  for (const JudgedOutput& output : judged->outputs) {
    const auto dims = output.oracle.shape().dims();
    line["outputs"].push_back({{"dtype", dtype_name(output.engine.dtype())},
                               {"oracle_dtype", dtype_name(output.oracle.dtype())},
                               {"shape", std::vector<std::int64_t>(dims.begin(), dims.end())},
                               {"allowed", output.allowed},
                               {"error", output.error},
                               {"is_tied", output.is_tied}});
  }
  std::printf("%s\n", line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  for (const JudgedOutput& output : judged->outputs) {
    write_tensor(output.engine);
    write_tensor(output.oracle);
  }
}

int serve() {
  std::uint64_t care = 0;
  for (std::vector<std::vector<std::byte>> parts; read_parts(care, parts); parts.clear()) {
    std::vector<std::span<const std::byte>> inputs(parts.begin() + 1, parts.end());
    answer(judge(parts[0], inputs, static_cast<Care>(care)));
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace

}  // namespace kite::grammar

int main() { return kite::grammar::serve(); }
