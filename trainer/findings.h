#pragma once

#include <string_view>

#include "common/errors.h"
#include "common/problems.h"

namespace understudy {

/// What a check before a run found: problems, with which it would not start or not reach its end; and warnings, with
/// which it would run, but perhaps not as it is meant.
struct Findings {
  Problems problems;
  Problems warnings;
};

/// Something of a run that needs a file; a failure is added to the problems of `key` instead of hiding the next one.
template <class Make>
auto collect(Problems& problems, std::string_view key, Make make) -> decltype(make()) {
  try {
    return make();
  } catch (const ConfigError& error) {
    problems.add(error.what());
  } catch (const Error& error) {
    problems.add_key(key, error.what());
  }
  return decltype(make())();
}

}  // namespace understudy
