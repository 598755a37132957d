#pragma once

#include <cstdint>
#include <string>

namespace understudy {

/// "1.50 GiB", "12.0 MiB", "3.5 KiB".
std::string bytes_text(std::int64_t bytes);

}  // namespace understudy
