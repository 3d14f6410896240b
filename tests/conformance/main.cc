// SPDX-License-Identifier: Apache-2.0
// kite_conformance: the ONNX node cases for every operator, at each case's own tolerance: what passes, what the engine
// refuses and why, and what fails. Fails when a result is wrong, when a refusal is of no kind that kinds.txt lists,
// when a kind explains no case, and when more is refused than is allowed.
#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conformance/cases.h"
#include "conformance/kinds.h"
#include "conformance/run_case.h"
#include "kernels/targets.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite::conformance {
namespace {

// The exit code that means "this machine does not have the instruction set" to the build, see CMakeLists.txt.
constexpr int kSkippedExit = 77;
// Of the cases that no kind puts outside.
constexpr double kMostRefused = 0.03;

struct Options {
  std::string debian = "/usr/share/libonnx-testdata/data";
  std::string old;
  std::string generated;
  std::string kinds;
  std::string filter = "*";  // a pattern; when one is given, unused lines of the list are not an error
};

Result<Options> parse_options(const std::vector<std::string>& arguments) {
  Options options;
  const std::map<std::string_view, std::string*> flags = {{"--debian", &options.debian},
                                                          {"--old", &options.old},
                                                          {"--generated", &options.generated},
                                                          {"--kinds", &options.kinds},
                                                          {"--filter", &options.filter}};
  for (std::size_t i = 0; i < arguments.size(); i += 2) {
    const auto flag = flags.find(arguments[i]);
    if (flag == flags.end() || i + 1 == arguments.size()) {
      return Error{ErrorCode::kUsage,
                   "unexpected argument " + arguments[i],
                   {},
                   "kite_conformance --generated DIR --old DIR --kinds FILE [--debian DIR] [--filter PATTERN]"};
    }
    *flag->second = arguments[i + 1];
  }
  if (options.generated.empty() || options.old.empty() || options.kinds.empty()) {
    return Error{ErrorCode::kUsage, "--generated, --old and --kinds must be given", {}, {}};
  }
  return options;
}

Result<std::vector<Kind>> read_kinds(const std::string& path) {
  std::ifstream file(path);
  if (!file) return Error{ErrorCode::kIo, "cannot be read", path, {}};
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  auto kinds = parse_kinds(text);
  if (!kinds.ok()) return std::move(kinds).error().in(path);
  return kinds;
}

Result<std::vector<Case>> all_cases(const Options& options) {
  KITE_TRY_ASSIGN(std::vector<Case> cases, find_cases(options.debian, "debian"));
  KITE_TRY_ASSIGN(std::vector<Case> old, find_cases(options.old, "wheel"));
  KITE_TRY_ASSIGN(std::vector<Case> generated, read_case_list(options.generated));
  std::ranges::move(old, std::back_inserter(cases));
  std::ranges::move(generated, std::back_inserter(cases));
  return cases;
}

class Tally {
 public:
  Tally(std::vector<Kind> kinds, bool whole) : kinds_(std::move(kinds)), whole_(whole) {}

  void run(const Case& entry) {
    const Outcome outcome = run_case(entry);
    Kind* const difference = find_difference(kinds_, entry.name);
    if (difference != nullptr) ++difference->matched;
    if (outcome.verdict == Verdict::kRefused) {
      refuse(entry, outcome.message);
    } else if (outcome.verdict == Verdict::kFailed && difference == nullptr) {
      report(entry.name, outcome.message);
    } else if (outcome.verdict == Verdict::kPassed && difference != nullptr) {
      report(entry.name, "passes, but line " + std::to_string(difference->line) +
                             " of the list says that it differs (" + difference->pattern + ")");
    } else if (outcome.verdict == Verdict::kPassed) {
      ++passed_;
      if (outcome.constants == Constants::kIntegers) ++with_integers_;
      if (outcome.constants == Constants::kAll) ++with_all_;
      covered_.insert(entry.operators.begin(), entry.operators.end());
    }
  }

  // The lines of the list that no case confirmed, the operators that no case tested, and the share of refusals.
  void finish() {
    if (!whole_) return;
    for (const Kind& kind : kinds_) {
      if (kind.matched == 0) report("line " + std::to_string(kind.line), kind.pattern + " explains no case");
    }
    for (const Operator* op : all_operators()) {
      // The package has no case of these; tests/operators, pool_test.cc and control_test.cc test them.
      constexpr std::array<std::string_view, 4> kWithoutCases = {"GlobalLpPool", "MaxRoiPool", "Optional",
                                                                 "SequenceMap"};
      if (std::ranges::find(kWithoutCases, op->name) != kWithoutCases.end()) continue;
      if (op->domain.empty() && !covered_.contains(std::string(op->name))) {
        report("operator " + std::string(op->name), "no case that passes uses it");
      }
    }
    if (refused_share() > kMostRefused) report("refused", "more than 3 % of the cases");
  }

  int print() const {
    constexpr std::pair<KindOf, std::string_view> kWords[] = {
        {KindOf::kOutside, "outside"}, {KindOf::kRefused, "refused"}, {KindOf::kDiffers, "differs"}};
    for (const auto& [of, word] : kWords) {
      std::map<std::string, int> reasons;
      for (const Kind& kind : kinds_) {
        if (kind.of == of && kind.matched > 0) reasons[kind.reason] += kind.matched;
      }
      for (const auto& [reason, count] : reasons) {
        std::printf("%s %4d: %s\n", std::string(word).c_str(), count, reason.c_str());
      }
    }
    std::printf("%d passed (%d with their integers as constants, %d with all inputs), ", passed_, with_integers_,
                with_all_);
    std::printf("%d refused (%.2f %% of those not outside), %d differ, %d outside, %d failed\n",
                count(KindOf::kRefused), 100 * refused_share(), count(KindOf::kDiffers), count(KindOf::kOutside),
                failed_);
    return failed_ == 0 && passed_ > 0 ? 0 : 1;
  }

 private:
  void refuse(const Case& entry, const std::string& message) {
    Kind* const kind = find_refusal(kinds_, message);
    if (kind == nullptr) {
      report(entry.name, "refused, and of no kind that is listed: " + message);
    } else {
      ++kind->matched;
    }
  }
  [[nodiscard]] int count(KindOf of) const {
    int sum = 0;
    for (const Kind& kind : kinds_) sum += kind.of == of ? kind.matched : 0;
    return sum;
  }
  [[nodiscard]] double refused_share() const {
    const int refused = count(KindOf::kRefused);
    const int all = passed_ + refused + count(KindOf::kDiffers) + failed_;
    return all == 0 ? 0 : static_cast<double>(refused) / all;
  }
  void report(const std::string& name, const std::string& why) {
    ++failed_;
    std::printf("FAILED %s: %s\n", name.c_str(), why.c_str());
  }

  std::vector<Kind> kinds_;
  bool whole_;
  int passed_ = 0;
  int with_integers_ = 0;
  int with_all_ = 0;
  int failed_ = 0;
  std::set<std::string> covered_;  // operators of cases that passed
};

Result<int> run_all(const std::vector<std::string>& arguments) {
  KITE_TRY_ASSIGN(const Options options, parse_options(arguments));
  const Result<const Target*> target = default_target();
  if (!target.ok()) {
    std::printf("skipped: %s\n", target.error().message().c_str());
    return kSkippedExit;
  }
  KITE_TRY_ASSIGN(std::vector<Kind> kinds, read_kinds(options.kinds));
  KITE_TRY_ASSIGN(const std::vector<Case> cases, all_cases(options));
  Tally tally(std::move(kinds), options.filter == "*");
  for (const Case& entry : cases) {
    if (matches(options.filter, entry.name)) tally.run(entry);
  }
  tally.finish();
  std::printf("instruction set %s, %zu cases\n", std::string((*target)->name).c_str(), cases.size());
  return tally.print();
}

}  // namespace
}  // namespace kite::conformance

int main(int argc, char** argv) {
  const auto result = kite::conformance::run_all(std::vector<std::string>(argv + 1, argv + argc));
  if (result.ok()) return *result;
  std::fprintf(stderr, "kite_conformance: %s\n", result.error().message().c_str());
  return 2;
}
