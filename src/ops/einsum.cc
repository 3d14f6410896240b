// SPDX-License-Identifier: Apache-2.0
// Einsum: the products of the operands' elements, summed over every index that the output does not name. Einstein's
// notation: "bhid,bhjd->bhij". An ellipsis stands for axes that broadcast.
#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/checked.h"
#include "ops/dispatch.h"
#include "ops/op.h"
#include "ops/strided_copy.h"
#include "ops/wrapping.h"
#include "paperkite/try.h"

namespace kite {
namespace {

constexpr std::size_t kMostOperands = 8;
constexpr std::size_t kMostIndices = 24;  // over all operands

// Indices are letters. The axes of an ellipsis are 1, 2, ... from the last one on, so that they broadcast as shapes do.
using Letter = char;

struct Term {
  std::array<Letter, kMaxRank> letters{};
  int rank = 0;
};

struct Equation {
  std::array<Term, kMostOperands> operands;
  std::size_t count = 0;
  Term output;
  const char* fault = nullptr;  // why the text is not an equation for these operands
};

// One term, of a tensor of rank `rank`; of the output, `dots` axes are the ellipsis.
bool parse_term(std::string_view text, int rank, int& dots, Term& term) {
  const std::size_t ellipsis = text.find("...");
  const auto letters = static_cast<int>(
      std::ranges::count_if(text, [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }));
  const auto other = static_cast<int>(std::ranges::count_if(text, [](char c) { return c != ' '; })) - letters;
  if (other != (ellipsis == std::string_view::npos ? 0 : 3)) return false;
  if (rank >= 0) dots = rank - letters;
  if (dots < 0 || (ellipsis == std::string_view::npos && rank >= 0 && dots != 0)) return false;
  const int inner = ellipsis == std::string_view::npos ? 0 : dots;
  if (letters + inner > kMaxRank) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == ellipsis) {
      for (int d = inner; d > 0; --d) term.letters[static_cast<std::size_t>(term.rank++)] = static_cast<Letter>(d);
      i += 2;
    } else if (text[i] != ' ') {
      term.letters[static_cast<std::size_t>(term.rank++)] = text[i];
    }
  }
  return true;
}

bool has(const Term& term, Letter letter) {
  return std::find(term.letters.begin(), term.letters.begin() + term.rank, letter) != term.letters.begin() + term.rank;
}

// Without an arrow the output has the axes of the ellipsis, then every letter that stands once, in order.
bool imply_output(std::string_view inputs, int dots, Term& output) {
  for (int d = dots; d > 0; --d) output.letters[static_cast<std::size_t>(output.rank++)] = static_cast<Letter>(d);
  for (int c = 'A'; c <= 'z'; ++c) {
    const bool is_letter = std::isalpha(c) != 0;
    if (!is_letter || std::ranges::count(inputs, static_cast<char>(c)) != 1) continue;
    if (output.rank == kMaxRank) return false;
    output.letters[static_cast<std::size_t>(output.rank++)] = static_cast<Letter>(c);
  }
  return true;
}

Equation parse(std::string_view text, std::span<const Shape* const> shapes) {
  Equation equation;
  const std::size_t arrow = text.find("->");
  const std::string_view inputs = text.substr(0, arrow);
  int most_dots = 0;
  for (std::string_view rest = inputs;; ++equation.count) {
    const std::size_t comma = rest.find(',');
    if (equation.count == shapes.size()) return equation.fault = "names more operands than there are", equation;
    int dots = 0;
    if (!parse_term(rest.substr(0, comma), shapes[equation.count]->rank(), dots, equation.operands[equation.count])) {
      return equation.fault = "does not fit the rank of an operand", equation;
    }
    if (rest.substr(0, comma).find("...") != std::string_view::npos) most_dots = std::max(most_dots, dots);
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  ++equation.count;
  if (equation.count != shapes.size()) return equation.fault = "names fewer operands than there are", equation;
  const bool parsed = arrow == std::string_view::npos
                          ? imply_output(inputs, most_dots, equation.output)
                          : parse_term(text.substr(arrow + 2), -1, most_dots, equation.output);
  if (!parsed) equation.fault = "has an output that is not valid";
  return equation;
}

// Every index: its size, and by how much it moves in each operand and in the output. Those of the output come first.
struct Loops {
  std::size_t count = 0;
  std::size_t outer = 0;
  std::array<Letter, kMostIndices> letter{};
  std::array<std::int64_t, kMostIndices> size{};
  std::array<std::array<std::int64_t, kMostOperands>, kMostIndices> stride{};
  const char* fault = nullptr;

  std::size_t find(Letter wanted) {
    const auto at =
        static_cast<std::size_t>(std::find(letter.begin(), letter.begin() + count, wanted) - letter.begin());
    if (at < count) return at;
    if (count == kMostIndices) return fault = "has too many indices", 0;
    letter[count] = wanted;
    size[count] = 1;
    return count++;
  }
};

Loops loops_of(const Equation& equation, std::span<const Shape* const> shapes) {
  Loops loops;
  const Term& output = equation.output;
  for (int a = 0; a < output.rank; ++a) {
    const std::size_t before = loops.count;
    (void)loops.find(output.letters[static_cast<std::size_t>(a)]);
    if (loops.count == before) loops.fault = "names an index twice in the output";
  }
  loops.outer = loops.count;
  for (std::size_t n = 0; n < equation.count; ++n) {
    const auto strides = dense_strides(*shapes[n]);
    for (int a = 0; a < equation.operands[n].rank; ++a) {
      const auto k = static_cast<std::size_t>(a);
      const std::int64_t size = (*shapes[n])[a];
      const std::size_t at = loops.find(equation.operands[n].letters[k]);
      if (loops.size[at] != size && loops.size[at] != 1 && size != 1) loops.fault = "gives an index two sizes";
      if (size != 1) loops.size[at] = size;
      if (size != 1) loops.stride[at][n] += strides[k];  // a letter that stands twice walks the diagonal
    }
  }
  for (int a = 0; a < output.rank; ++a) {
    bool is_known = false;
    for (std::size_t n = 0; n < equation.count; ++n) {
      is_known = is_known || has(equation.operands[n], output.letters[static_cast<std::size_t>(a)]);
    }
    if (!is_known) loops.fault = "has an output index that no operand has";
  }
  return loops;
}

Status infer(InferContext& context) {
  const int count = context.input_count();
  if (count < 1 || count > static_cast<int>(kMostOperands)) {
    return context.unsupported("expected 1 to " + std::to_string(kMostOperands) + " inputs, found " +
                               std::to_string(count));
  }
  KITE_TRY(context.require_inputs(count, count));
  KITE_TRY(require_dtype(context, 0, NumericTypes{}));
  std::vector<const Shape*> shapes;
  for (int i = 0; i < count; ++i) {
    KITE_TRY(context.require_same_dtype(0, i));
    shapes.push_back(&context.shape(i));
  }
  KITE_TRY_ASSIGN(const std::string text, context.get_string("equation", ""));
  const Equation equation = parse(text, shapes);
  const Loops loops = equation.fault == nullptr ? loops_of(equation, shapes) : Loops{};
  const char* fault = equation.fault != nullptr ? equation.fault : loops.fault;
  if (fault != nullptr) return context.invalid("attribute 'equation' \"" + text + "\" " + fault);
  Checked sum = 1;  // the length of the sum that an element is
  for (std::size_t i = loops.outer; i < loops.count; ++i) sum *= loops.size[i];
  context.set_products((sum * (count - 1)).capped());
  context.set_terms((sum * count).capped());
  return context.set_output(0, context.input(0).dtype, std::span(loops.size).first(loops.outer));
}

// Steps the odometer of loops [first, last) and the offsets with it; false after the last position.
bool advance(const Loops& loops, std::size_t first, std::size_t last, std::array<std::int64_t, kMostIndices>& at,
             std::array<std::int64_t, kMostOperands>& offset) {
  for (std::size_t i = last; i-- > first;) {
    const bool wraps = ++at[i] == loops.size[i];
    const std::int64_t steps = wraps ? 1 - loops.size[i] : 1;
    for (std::size_t n = 0; n < kMostOperands; ++n) offset[n] += steps * loops.stride[i][n];
    if (!wraps) return true;
    at[i] = 0;
  }
  return false;
}

template <typename T>
void sum_products(const ComputeContext& context, const Loops& loops) {
  T* y = context.outputs[0].as<T>();
  std::array<std::int64_t, kMostIndices> at{};
  std::array<std::int64_t, kMostOperands> offset{};
  const auto [first, last] = context.share.of(context.outputs[0].type.shape.elements(), 16);
  std::int64_t rest = first;
  for (std::size_t i = loops.outer; i-- > 0;) {
    at[i] = rest % loops.size[i];
    rest /= loops.size[i];
    for (std::size_t n = 0; n < kMostOperands; ++n) offset[n] += at[i] * loops.stride[i][n];
  }
  const bool is_empty = std::any_of(loops.size.begin() + loops.outer, loops.size.begin() + loops.count,
                                    [](std::int64_t size) { return size == 0; });
  for (std::int64_t i = first; i < last; ++i) {
    Accumulator<T> sum = 0;
    if (!is_empty) {
      do {
        Accumulator<T> product = 1;
        for (std::size_t n = 0; n < context.inputs.size(); ++n) {
          product *= static_cast<Accumulator<T>>(context.inputs[n].as<T>()[offset[n]]);
        }
        sum += product;
      } while (advance(loops, loops.outer, loops.count, at, offset));
    }
    y[i] = static_cast<T>(sum);
    advance(loops, 0, loops.outer, at, offset);
  }
}

Status compute(const ComputeContext& context) {
  if (context.outputs[0].type.shape.elements() == 0) return {};
  std::array<const Shape*, kMostOperands> shapes{};
  for (std::size_t n = 0; n < context.inputs.size(); ++n) shapes[n] = &context.inputs[n].type.shape;
  const auto operands = std::span<const Shape* const>(shapes).first(context.inputs.size());
  const Loops loops = loops_of(parse(context.attributes.get_string("equation", ""), operands), operands);
  return dispatch(SignedTypes{}, without_sign(context.outputs[0].type.dtype), [&]<typename T>() -> Status {
    sum_products<T>(context, loops);
    return {};
  });
}

}  // namespace

extern constinit const Operator kEinsumOperator = {
    "", "Einsum", 12, kLastOpset, "up to 8 inputs and 24 indices", infer, compute, Sharing::kShared};

}  // namespace kite
