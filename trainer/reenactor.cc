#include "trainer/reenactor.h"

#include "common/errors.h"

namespace understudy {
namespace {

[[noreturn]] void refuse_relative_motion() {
  throw ConfigError("--mode relative: these networks have absolute motion only; leave it out");
}

}  // namespace

void Reenactor::set_reference(const Picture&) {
  refuse_relative_motion();
}

std::size_t Reenactor::best_reference(const Picture&, const NextFrame&) const {
  refuse_relative_motion();
}

}  // namespace understudy
