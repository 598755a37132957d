#pragma once

#include "common/errors.h"
#include "data_pipeline/packer/clip_input.h"

namespace understudy {

/// What `read` gives; bad data that it meets is why the clip is rejected. @throws ClipRejected
template <class Read>
auto reject_on_error(RejectionReason reason, Read read) {
  try {
    return read();
  } catch (const DataError& error) {
    throw ClipRejected(reason, error.what());
  }
}

}  // namespace understudy
