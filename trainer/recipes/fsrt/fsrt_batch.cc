#include "trainer/recipes/fsrt/fsrt_batch.h"

namespace understudy {

Sample to_sample(const FsrtBatch& b) {
  return {b.source_a1,
          b.source_a2,
          b.source_full_a2,
          b.driving_a1,
          b.driving_a2,
          b.driving_full_a2,
          b.driving_face_a3,
          b.crop_scale,
          b.crop_shift,
          b.query_pixels,
          b.plain_from_a2,
          b.use_plain_expression};
}

FsrtBatch from_sample(const Sample& s) {
  return {s.at(0), s.at(1), s.at(2), s.at(3), s.at(4), s.at(5), s.at(6), s.at(7), s.at(8), s.at(9), s.at(10), s.at(11)};
}

}  // namespace understudy
