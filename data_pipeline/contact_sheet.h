#pragma once

#include "data_pipeline/data_set.h"
#include "data_pipeline/picture.h"

namespace understudy {

struct ContactSheetOptions {
  int identities = 8;      ///< rows, at most; spread evenly over all people
  int frames = 8;          ///< columns: frames of the identity's first usable clip, spread evenly
  int cell = 128;          ///< side of a cell in pixels
  bool landmarks = false;  ///< draws them where there are any: green in the frame, red at its border when outside
};

/// A grid of frames to look at: one identity a row.
Picture contact_sheet(const DataSet& set, const ContactSheetOptions& options = {});

}  // namespace understudy
