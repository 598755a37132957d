#include "data_pipeline/packer/listing_builder.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include <fmt/format.h>

namespace understudy {
namespace {

/// The published FSRT code needs its validation clips in the training folder too, where nobody should train on them.
int keeping_order(const ListedClip& clip) {
  return clip.split == "val" ? 0 : clip.split == "test" ? 1 : 2;
}

}  // namespace

void ListingBuilder::add(const std::string& source, const std::string& split, const std::function<ClipName()>& name) {
  try {
    ClipName named = name();
    if (!split.empty() && !is_split_name(split)) {
      throw ClipRejected(RejectionReason::kName, fmt::format("split \"{}\" is no name of letters and digits", split));
    }
    listing_.clips.push_back({std::move(named.name), std::move(named.identity), std::move(named.video), split, source});
  } catch (const ClipRejected& rejected) {
    reject(source, rejected.reason, rejected.what());
  }
}

void ListingBuilder::reject(const std::string& source, RejectionReason reason, std::string detail) {
  listing_.rejections.push_back({source, reason, std::move(detail)});
}

Listing ListingBuilder::finish() && {
  std::sort(listing_.clips.begin(), listing_.clips.end(), [](const ListedClip& a, const ListedClip& b) {
    return std::forward_as_tuple(a.identity, a.name, keeping_order(a), a.source) <
           std::forward_as_tuple(b.identity, b.name, keeping_order(b), b.source);
  });
  std::vector<ListedClip> kept;
  for (ListedClip& clip : listing_.clips) {
    if (!kept.empty() && kept.back().name == clip.name) {
      reject(clip.source,
             RejectionReason::kDuplicate,
             fmt::format("\"{}\" is \"{}\" already", kept.back().source, clip.name));
    } else {
      kept.push_back(std::move(clip));
    }
  }
  listing_.clips = std::move(kept);
  std::sort(listing_.rejections.begin(), listing_.rejections.end(), [](const Rejection& a, const Rejection& b) {
    return a.source < b.source;
  });
  return std::move(listing_);
}

}  // namespace understudy
