#include "data_pipeline/frame_selection.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace understudy {

std::string FrameSelection::text() const {
  return fmt::format("identity {}\nheld out {}\npart {}\n", identity, held_out, of_held_out ? "held out" : "rest");
}

std::vector<std::uint32_t> selected_frames(std::span<const std::uint32_t> usable, const FrameSelection& selection) {
  if (usable.empty()) return {};
  const auto wanted = static_cast<std::size_t>(std::llround(selection.held_out * static_cast<double>(usable.size())));
  const std::size_t left = usable.size() - std::min(wanted, usable.size() - 1);
  const auto part = selection.of_held_out ? usable.subspan(left) : usable.first(left);
  return {part.begin(), part.end()};
}

}  // namespace understudy
