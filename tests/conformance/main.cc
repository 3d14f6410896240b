// SPDX-License-Identifier: Apache-2.0
// kite_conformance: the ONNX node cases for every operator that kite lists, at each case's own tolerance.
// Fails when a case that is not in the list of skipped cases fails, when a listed case passes, or when a line of the
// list matches no case.
#include <algorithm>
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
#include "conformance/run_case.h"
#include "conformance/skipped.h"
#include "kernels/targets.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite::conformance {
namespace {

// The exit code that means "this machine does not have the instruction set" to the build, see CMakeLists.txt.
constexpr int kSkippedExit = 77;

struct Options {
  std::string debian = "/usr/share/libonnx-testdata/data/node";
  std::string generated;
  std::string skipped;
  std::string filter = "*";  // a pattern; when one is given, unused lines of the list are not an error
};

Result<Options> parse_options(const std::vector<std::string>& arguments) {
  Options options;
  const std::map<std::string_view, std::string*> flags = {{"--debian", &options.debian},
                                                          {"--generated", &options.generated},
                                                          {"--skipped", &options.skipped},
                                                          {"--filter", &options.filter}};
  for (std::size_t i = 0; i < arguments.size(); i += 2) {
    const auto flag = flags.find(arguments[i]);
    if (flag == flags.end() || i + 1 == arguments.size()) {
      return Error{ErrorCode::kUsage,
                   "unexpected argument " + arguments[i],
                   {},
                   "kite_conformance --generated DIR --skipped FILE [--debian DIR] [--filter PATTERN]"};
    }
    *flag->second = arguments[i + 1];
  }
  if (options.generated.empty() || options.skipped.empty()) {
    return Error{ErrorCode::kUsage, "--generated and --skipped must be given", {}, {}};
  }
  return options;
}

Result<std::vector<SkipLine>> read_skip_list(const std::string& path) {
  std::ifstream file(path);
  if (!file) return Error{ErrorCode::kIo, "cannot be read", path, {}};
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  auto lines = parse_skip_list(text);
  if (!lines.ok()) return std::move(lines).error().in(path);
  return lines;
}

bool uses_listed_operators_only(const Case& entry) {
  return std::ranges::all_of(entry.operators,
                             [](const std::string& name) { return find_operator("", name) != nullptr; });
}

class Tally {
 public:
  Tally(std::vector<SkipLine> skips, bool whole) : skips_(std::move(skips)), whole_(whole) {}

  void run(const Case& entry) {
    const auto failure = failure_of(entry);
    SkipLine* skip = find_skip(skips_, entry.name);
    if (skip != nullptr) ++skip->matched;
    if (skip != nullptr && failure) {
      ++skipped_;
      ++reasons_[skip->reason];
    } else if (skip != nullptr) {
      report(entry.name,
             "passes, but line " + std::to_string(skip->line) + " of the skip list covers it (" + skip->pattern + ")");
    } else if (failure) {
      report(entry.name, *failure);
    } else {
      ++passed_;
      if (entry.name.starts_with("onnx/")) covered_.insert(entry.operators.begin(), entry.operators.end());
    }
  }

  // The lines of the list that no case confirmed, and the operators that no case tested at opset 18 or later.
  void finish() {
    if (!whole_) return;
    for (const SkipLine& line : skips_) {
      if (line.matched == 0) report("skip list line " + std::to_string(line.line), line.pattern + " covers no case");
    }
    for (const Operator* op : all_operators()) {
      constexpr int kFirstGenerated = 18;
      constexpr int kLastGenerated = 23;
      // The package has no case of these; they are compared with ONNX Runtime (tests/operators, pool_test.cc).
      if (op->name == "MaxRoiPool" || op->name == "GlobalLpPool" || op->first_opset > kLastGenerated) continue;
      if (op->domain.empty() && op->last_opset >= kFirstGenerated && !covered_.contains(std::string(op->name))) {
        report("operator " + std::string(op->name), "no generated case that passes uses it (see generate_cases.py)");
      }
    }
  }

  int print() const {
    for (const auto& [reason, count] : reasons_) std::printf("skipped %4d: %s\n", count, reason.c_str());
    std::printf("%d passed, %d failed, %d skipped\n", passed_, failed_, skipped_);
    return failed_ == 0 && passed_ > 0 ? 0 : 1;
  }

 private:
  void report(const std::string& name, const std::string& why) {
    ++failed_;
    std::printf("FAILED %s: %s\n", name.c_str(), why.c_str());
  }

  std::vector<SkipLine> skips_;
  bool whole_;
  int passed_ = 0;
  int failed_ = 0;
  int skipped_ = 0;
  std::map<std::string, int> reasons_;
  std::set<std::string> covered_;  // operators of generated cases that passed
};

Result<int> run_all(const std::vector<std::string>& arguments) {
  KITE_TRY_ASSIGN(const Options options, parse_options(arguments));
  const Result<const Target*> target = default_target();
  if (!target.ok()) {
    std::printf("skipped: %s\n", target.error().message().c_str());
    return kSkippedExit;
  }
  KITE_TRY_ASSIGN(std::vector<SkipLine> skips, read_skip_list(options.skipped));
  KITE_TRY_ASSIGN(std::vector<Case> cases, find_cases(options.debian));
  KITE_TRY_ASSIGN(std::vector<Case> generated, read_case_list(options.generated));
  std::ranges::move(generated, std::back_inserter(cases));

  Tally tally(std::move(skips), options.filter == "*");
  int other_operators = 0;
  for (const Case& entry : cases) {
    if (!uses_listed_operators_only(entry)) {
      ++other_operators;
    } else if (matches(options.filter, entry.name)) {
      tally.run(entry);
    }
  }
  tally.finish();
  std::printf("instruction set %s; %d of %zu cases use operators that kite does not list\n",
              std::string((*target)->name).c_str(), other_operators, cases.size());
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
