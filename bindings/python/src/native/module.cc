// SPDX-License-Identifier: Apache-2.0
// paperkite._native: what the Python side of the package is made of. Nothing here is for users, and no name is stable.
#include <nanobind/nanobind.h>

#include "native/array.h"
#include "native/calls.h"
#include "native/classifier.h"
#include "native/failure.h"
#include "native/picture.h"
#include "native/session.h"
#include "native/value.h"
#include "paperkite/pool.h"

namespace {

namespace nb = nanobind;
using namespace kite;
using namespace kite::python;

nb::object set_threads(int threads) {
  const Status set = set_compute_threads(threads);
  return set.ok() ? nb::none() : failure(set.error());
}

}  // namespace

NB_MODULE(_native, module) {
  using namespace nb::literals;
  // Objects that live until the end are the program's own business; nothing is printed.
  nb::set_leak_warnings(false);
  module.attr("version") = KITE_VERSION;
  module.def("end_calls", &end_calls);
  module.def("threads", &compute_threads);
  module.def("set_threads", &set_threads, "threads"_a, nb::sig("def set_threads(threads: int) -> Failure | None"));
  bind_failure(module);
  bind_array(module);
  bind_picture(module);
  bind_classifier(module);
  bind_value(module);
  bind_session(module);
}
