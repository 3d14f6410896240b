// SPDX-License-Identifier: Apache-2.0
// The smallest program over libpaperkite: one model, one picture, the best label.
#include <paperkite/classifier.h>

#include <cstdio>

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s MODEL PICTURE\n", argv[0]);
    return 2;
  }
  auto classifier = kite::Classifier::open(argv[1]);
  if (!classifier.ok()) {
    std::fprintf(stderr, "%s\n", classifier.error().message().c_str());
    return 1;
  }
  auto answer = classifier->classify_file(argv[2], 1);
  if (!answer.ok()) {
    std::fprintf(stderr, "%s\n", answer.error().message().c_str());
    return 1;
  }
  const kite::Prediction& best = answer->top.front();
  std::printf("%lld, %s, %.4f\n", static_cast<long long>(best.index), best.label.c_str(), static_cast<double>(best.score));
  return 0;
}
