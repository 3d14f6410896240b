// SPDX-License-Identifier: Apache-2.0
// TfIdfVectorizer of integers: how often each n-gram of a list occurs in each row, with up to max_skip_count elements
// left out between neighbours.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/checked.h"
#include "ops/axes.h"
#include "ops/dispatch.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {
namespace {

// The list of n-grams: pool[counts[n - 1] .. counts[n]) holds those of n elements, and the k-th of all n-grams adds to
// output indexes[k].
struct Grams {
  std::span<const std::int64_t> pool, counts, indexes;
  std::int64_t shortest = 1;
  std::int64_t longest = 1;
  std::int64_t most_skipped = 0;

  explicit Grams(const Attributes& attributes)
      : pool(attributes.get_ints("pool_int64s")),
        counts(attributes.get_ints("ngram_counts")),
        indexes(attributes.get_ints("ngram_indexes")),
        shortest(attributes.get_int("min_gram_length", 0)),
        longest(attributes.get_int("max_gram_length", 0)),
        most_skipped(attributes.get_int("max_skip_count", 0)) {}

  [[nodiscard]] std::int64_t start(std::size_t n) const {
    return n < counts.size() ? counts[n] : static_cast<std::int64_t>(pool.size());
  }
  [[nodiscard]] std::int64_t outputs() const { return *std::ranges::max_element(indexes) + 1; }
};

Status check_grams(const InferContext& context, const Grams& grams) {
  for (const char* name : {"pool_int64s", "ngram_counts", "ngram_indexes"}) KITE_TRY(context.get_ints(name));
  for (const char* name : {"min_gram_length", "max_gram_length", "max_skip_count"}) {
    if (!context.attributes().has(name)) return context.invalid("attribute '" + std::string(name) + "' is missing");
    KITE_TRY(context.get_int(name, 0));
  }
  if (context.attributes().has("pool_strings")) return context.unsupported("n-grams of strings");
  KITE_TRY_ASSIGN(const std::string mode, context.get_string("mode", ""));
  if (mode != "TF" && mode != "IDF" && mode != "TFIDF") {
    return context.invalid("attribute 'mode' is \"" + mode + "\", expected TF, IDF or TFIDF");
  }
  if (grams.shortest < 1 || grams.longest < grams.shortest || grams.most_skipped < 0) {
    return context.invalid("n-grams of " + std::to_string(grams.shortest) + " to " + std::to_string(grams.longest) +
                           " elements, " + std::to_string(grams.most_skipped) + " skipped");
  }
  if (grams.longest > static_cast<std::int64_t>(grams.counts.size())) {
    return context.invalid("attribute 'ngram_counts' ends before n-grams of " + std::to_string(grams.longest));
  }
  std::int64_t count = 0;
  for (std::size_t n = 0; n < grams.counts.size(); ++n) {
    const std::int64_t length = grams.start(n + 1) - grams.start(n);
    const auto size = static_cast<std::int64_t>(n + 1);
    if (grams.start(n) < 0 || length < 0 || length % size != 0) {
      return context.invalid("attribute 'ngram_counts' does not divide the pool into n-grams");
    }
    count += length / size;
  }
  const bool fits = grams.start(0) == 0 && count > 0 && count == static_cast<std::int64_t>(grams.indexes.size());
  if (!fits) return context.invalid("the pool and attribute 'ngram_indexes' have different lengths");
  const auto [least, most] = std::ranges::minmax(grams.indexes);
  if (least < 0 || most > kMaxElements) return context.invalid("attribute 'ngram_indexes' is out of range");
  const std::size_t weights = context.attributes().get_floats("weights").size();
  // One weight for each n-gram, in their order.
  if (weights != 0 && weights != grams.indexes.size()) return context.invalid("expected one weight for each n-gram");
  return {};
}

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(1, 1));
  KITE_TRY(require_dtype(context, 0, IndexTypes{}));
  const Grams grams(context.attributes());
  KITE_TRY(check_grams(context, grams));
  const Shape& x = context.shape(0);
  if (x.rank() > 2) return context.invalid("input " + x.to_string() + " must have one or two axes");
  // Written by the promotion to float64: the operator itself always gives float32.
  KITE_TRY_ASSIGN(const DType dtype, context.get_dtype("output_datatype", DType::kFloat32));
  std::vector<std::int64_t> dims;
  if (x.rank() == 2) dims.push_back(x[0]);
  dims.push_back(grams.outputs());
  const std::int64_t length = x.rank() == 0 ? 1 : x[x.rank() - 1];
  const std::int64_t distances = std::min(grams.most_skipped, length) + 1;
  const Checked compared = Checked(static_cast<std::int64_t>(grams.pool.size())) * length * distances;
  context.set_terms(ceil_div(compared.at_most(kMaxElements).value_or(kMaxElements), grams.outputs()));
  return context.set_output(0, dtype, dims);
}

// How often one n-gram occurs in a row, its elements `distance` apart.
std::int64_t occurrences(const IndexView& x, std::int64_t first, std::int64_t length,
                         std::span<const std::int64_t> gram, std::int64_t distance) {
  const std::int64_t reach = (static_cast<std::int64_t>(gram.size()) - 1) * distance;
  std::int64_t count = 0;
  for (std::int64_t at = 0; at + reach < length; ++at) {
    bool equal = true;
    for (std::size_t k = 0; equal && k < gram.size(); ++k) {
      equal = x[first + at + static_cast<std::int64_t>(k) * distance] == gram[k];
    }
    count += equal ? 1 : 0;
  }
  return count;
}

Status compute(const ComputeContext& context) {
  const Grams grams(context.attributes);
  const Shape& shape = context.inputs[0].type.shape;
  const std::int64_t length = shape.rank() == 0 ? 1 : shape[shape.rank() - 1];
  const IndexView x(context.inputs[0]);
  const std::string_view mode = context.attributes.get_string("mode", "");
  const std::span<const float> weights = context.attributes.get_floats("weights");
  const std::int64_t outputs = grams.outputs();
  const std::int64_t rows = shape.rank() == 2 ? shape[0] : 1;
  return dispatch(FloatTypes{}, context.outputs[0].type.dtype, [&]<typename T>() -> Status {
    for (std::int64_t row = 0; row < rows; ++row) {
      T* y = context.outputs[0].as<T>() + row * outputs;
      std::fill_n(y, outputs, T{0});
      std::size_t id = 0;
      for (std::size_t n = 1; n <= grams.counts.size(); ++n) {
        const auto size = static_cast<std::int64_t>(n);
        const bool is_counted = size >= grams.shortest && size <= grams.longest;
        for (std::int64_t at = grams.start(n - 1); at < grams.start(n); at += size, ++id) {
          if (!is_counted) continue;
          const auto gram = grams.pool.subspan(static_cast<std::size_t>(at), n);
          // Single elements have no neighbours between which something could be left out.
          const std::int64_t most = n == 1 ? 0 : std::min(grams.most_skipped, length);
          std::int64_t count = 0;
          for (std::int64_t skipped = 0; skipped <= most; ++skipped) {
            count += occurrences(x, row * length, length, gram, skipped + 1);
          }
          T& sum = y[grams.indexes[id]];
          const T weight = mode != "TF" && !weights.empty() ? static_cast<T>(weights[id]) : T{1};
          if (mode == "IDF") {
            if (count > 0) sum = weight;
          } else {
            sum += static_cast<T>(count) * weight;
          }
        }
      }
    }
    return {};
  });
}

}  // namespace

extern constinit const Operator kTfIdfVectorizerOperator = {
    "", "TfIdfVectorizer", 9, kLastOpset, "integers only", infer, compute};

}  // namespace kite
