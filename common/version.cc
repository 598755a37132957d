#include "common/version.h"

namespace understudy {

std::string_view version() {
  return UNDERSTUDY_VERSION;
}

}  // namespace understudy
