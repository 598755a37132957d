#pragma once

#include <memory>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "common/errors.h"
#include "data_pipeline/resize.h"
#include "trainer/reenactor.h"

namespace understudy {

/// What a `MirrorReenactor` is.
struct MirrorKind {
  std::int64_t size = 32;
  std::int64_t sources = 1;
  bool foreground = false;
  float light = 1.0F;   ///< every picture is multiplied by it
  bool source = false;  ///< shows the first source picture instead of the driving frame
};

/// Networks with a known answer: they show the driving frame.
class MirrorReenactor final : public Reenactor {
 public:
  explicit MirrorReenactor(MirrorKind kind = {}) : kind_(kind) {}

  std::int64_t picture_size() const override { return kind_.size; }
  std::int64_t sources_wanted() const override { return kind_.sources; }
  bool draws_foreground() const override { return kind_.foreground; }
  void set_sources(std::span<const Picture> sources) override {
    if (kind_.sources == 0) throw ConfigError("the weights hold the person");
    sources_.assign(sources.begin(), sources.end());
  }
  AnimatedFrames render(std::span<const Picture> driving, const ReenactMode&) const override {
    if (kind_.sources > 0 && sources_.empty()) throw ConfigError("no source was set");
    std::vector<at::Tensor> pictures;
    for (const Picture& frame : driving)
      pictures.push_back(resized(kind_.source ? sources_.front() : frame) * kind_.light);
    return {at::stack(pictures), {}};
  }
  std::size_t sources_seen() const { return sources_.size(); }

 private:
  at::Tensor resized(const Picture& picture) const {
    const int n = static_cast<int>(kind_.size);
    PicturePlanes planes = resize_like_skimage(picture, n, n);
    return at::from_blob(planes.values.data(), {3, n, n}, at::kFloat).clone();
  }

  MirrorKind kind_;
  std::vector<Picture> sources_;
};

}  // namespace understudy
