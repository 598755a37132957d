#include "data_pipeline/packer/row_builder.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "common/errors.h"

namespace understudy {

RowBuilder::RowBuilder(AnnotationKind kind) {
  rows_.kind = kind;
}

void RowBuilder::add(std::span<const float> floats, std::span<const std::uint8_t> bytes) {
  if (floats.size_bytes() + bytes.size() != row_bytes(rows_.kind)) {
    throw Error(fmt::format("a row of {} has {} bytes, not {} + {}",
                            annotation_kind_name(rows_.kind),
                            row_bytes(rows_.kind),
                            floats.size_bytes(),
                            bytes.size()));
  }
  if (!std::all_of(floats.begin(), floats.end(), [](float value) { return std::isfinite(value); }))
    return add_unknown();
  rows_.valid.push_back(1);
  const auto append = [&](std::span<const std::byte> part) {
    rows_.bytes.insert(rows_.bytes.end(), part.begin(), part.end());
  };
  append(std::as_bytes(floats));
  append(std::as_bytes(bytes));
}

void RowBuilder::add_unknown() {
  rows_.valid.push_back(0);
  rows_.bytes.resize(rows_.bytes.size() + row_bytes(rows_.kind));
}

}  // namespace understudy
