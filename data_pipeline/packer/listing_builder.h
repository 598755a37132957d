#pragma once

#include <functional>
#include <string>

#include "data_pipeline/packer/clip_input.h"
#include "data_pipeline/packer/clip_name.h"

namespace understudy {

/// Collects what a layout finds; in any order, the listing comes out the same.
class ListingBuilder {
 public:
  /// A clip, or a rejection when `name` throws one.
  void add(const std::string& source, const std::string& split, const std::function<ClipName()>& name);
  void reject(const std::string& source, RejectionReason reason, std::string detail);
  /// Sorts. Of clips with one name, that of a held-out split stays (val, then test), or else the first by source.
  Listing finish() &&;

 private:
  Listing listing_;
};

}  // namespace understudy
