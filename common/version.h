#pragma once

#include <string_view>

namespace understudy {

/// Version of the program, such as "0.1.0".
std::string_view version();

}  // namespace understudy
