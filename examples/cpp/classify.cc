// SPDX-License-Identifier: Apache-2.0
// usage: classify MODEL PICTURE: the five best classes of a picture.
#include <paperkite/classifier.h>

#include <cstdio>

namespace {

int failed(const kite::Error& error) {
  std::fprintf(stderr, "error[%s]: %s\n", kite::error_code_name(error.code).data(), error.message().c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s MODEL PICTURE\n", argv[0]);
    return 2;
  }
  auto classifier = kite::Classifier::open(argv[1]);
  if (!classifier.ok()) return failed(classifier.error());
  for (const std::string& warning : classifier->warnings()) std::fprintf(stderr, "warning: %s\n", warning.c_str());
  const auto answer = classifier->classify_file(argv[2], 5);
  if (!answer.ok()) return failed(answer.error());
  for (const kite::Prediction& prediction : answer.value().top) {
    std::printf("%lld, %s, %.9g\n", static_cast<long long>(prediction.index), prediction.label.c_str(),
                static_cast<double>(prediction.score));
  }
  return 0;
}
