#pragma once

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "data_pipeline/packer/clip_frames.h"
#include "data_pipeline/packer/clip_input.h"
#include "tests/support/temporary_folder.h"

namespace understudy {

/// A clip of four frames of 512 x 512 pixels, of which those at 0, 1 and 3 are packed as they are, and a folder to put
/// annotations into.
class AnnotatedClip : public testing::Test {
 protected:
  AnnotatedClip() {
    clip_.source = "train/c.mp4";
    frames_.source_frames = 4;
    frames_.position = {0, 1, 3};
    frames_.source_index = {100, 101, 103};
    frames_.width = frames_.decoded_width = 512;
    frames_.height = frames_.decoded_height = 512;
    frames_.crop = {0, 0, 512, 512};
  }

  /// Makes it a folder of pictures.
  void name_frames() {
    clip_.source = "img/id1/VIDEO";
    frames_.frame_names = {"00", "25", "75"};
  }

  std::filesystem::path write(const std::string& name, const std::string& bytes) const {
    const std::filesystem::path path = folder_.path() / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

  TemporaryFolder folder_;
  ListedClip clip_;
  ClipFrames frames_;
};

/// Whether and why an action rejects its clip.
struct Rejected {
  bool rejected = false;
  RejectionReason reason = RejectionReason::kName;
  std::string detail;
};

template <class Action>
Rejected rejected_by(Action action) {
  try {
    action();
  } catch (const ClipRejected& rejection) {
    return {true, rejection.reason, rejection.what()};
  }
  return {};
}

}  // namespace understudy
