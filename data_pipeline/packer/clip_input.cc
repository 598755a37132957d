#include "data_pipeline/packer/clip_input.h"

namespace understudy {

std::string_view rejection_name(RejectionReason reason) {
  constexpr std::array<std::string_view, kRejectionReasons.size()> kNames{"name",
                                                                          "duplicate",
                                                                          "unreadable",
                                                                          "damaged",
                                                                          "empty",
                                                                          "too-few-frames",
                                                                          "size",
                                                                          "landmarks-missing",
                                                                          "landmarks-unreadable",
                                                                          "landmark-shape",
                                                                          "landmark-count",
                                                                          "landmark-range",
                                                                          "no-face",
                                                                          "annotation"};
  return kNames.at(static_cast<std::size_t>(reason));
}

}  // namespace understudy
