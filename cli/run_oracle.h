// SPDX-License-Identifier: Apache-2.0
// Computes a model with the portable operators in double precision. This is slow; the engine's results
// are compared with it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "paperkite/model.h"
#include "paperkite/tensor.h"

namespace kite::cli {

struct NamedTensor {
  std::string name;
  Tensor tensor;
};

// `tensors` by input name. float32 is first widened to float64, and the results are last rounded to float32. Where the
// model fixes its batch and every tensor holds the same multiple of it, the model is computed once for each batch, and
// the outputs are joined. kLimit when intermediate results would exceed `limit_bytes`. `data_dirs`: see MeaningOptions.
[[nodiscard]] Result<std::vector<NamedTensor>> run_oracle(const std::string& model_path,
                                                          std::map<std::string, Tensor, std::less<>> tensors,
                                                          const std::vector<std::string>& data_dirs,
                                                          std::int64_t limit_bytes);

}  // namespace kite::cli
