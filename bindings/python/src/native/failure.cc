// SPDX-License-Identifier: Apache-2.0
#include "native/failure.h"

#include <utility>

#include "base/presentable.h"

namespace kite::python {

nb::object text(std::string_view utf8) {
  PyObject* const decoded = PyUnicode_DecodeUTF8(utf8.data(), static_cast<Py_ssize_t>(utf8.size()), "surrogateescape");
  if (decoded == nullptr) throw nb::python_error();
  return nb::steal(decoded);
}

nb::object failure(Error error) { return nb::cast(presentable(std::move(error))); }

nb::object ending_failure() {
  return failure({ErrorCode::kUsage, "the Python interpreter is ending, and no call can begin", "",
                  "call before the end, or wait for the threads that call"});
}

void bind_failure(nb::module_& module) {
  nb::class_<Error>(module, "Failure")
      .def_prop_ro(
          "code", [](const Error& error) { return text(error_code_name(error.code)); },
          nb::sig("def code(self) -> str"))
      .def_prop_ro(
          "what", [](const Error& error) { return text(error.what); }, nb::sig("def what(self) -> str"))
      .def_prop_ro(
          "where", [](const Error& error) { return text(error.where); }, nb::sig("def where(self) -> str"))
      .def_prop_ro("remedy", [](const Error& error) { return text(error.remedy); }, nb::sig("def remedy(self) -> str"));
}

}  // namespace kite::python
