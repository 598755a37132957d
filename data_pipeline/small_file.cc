#include "data_pipeline/small_file.h"

#include <span>

#include <fmt/format.h>

#include "common/errors.h"
#include "data_pipeline/plain_file.h"

namespace understudy {

std::string read_small_file(const std::filesystem::path& path) {
  const PlainFile file(path);
  const std::uint64_t size = file.size();
  if (size > kMostSmallFileBytes) {
    throw DataError(fmt::format(
        "{}: has {} bytes, more than the {} that are read whole", path.string(), size, kMostSmallFileBytes));
  }
  std::string bytes(size, '\0');
  file.read_at(0, std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

}  // namespace understudy
